"""Adds a job and prints its id: `python3 enqueue.py KIND [JSON]`. A repeat after a lost answer adds none."""

import json
import os
import sys
import uuid

from acme import Account

job = {"queue": os.environ.get("ACME_QUEUE", "default"), "kind": sys.argv[1],
       "payload": json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}}
answer = Account().call("POST", "/v1/jobs", json.dumps(job).encode(),
                        {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex})
if answer.status not in (200, 201):
    sys.exit(f"{answer.status}: {answer.read().decode()}")
print(json.load(answer)["id"])
