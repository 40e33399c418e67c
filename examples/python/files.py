"""Signs in as a machine and lists its organization's files."""

import json
import sys

from acme import Account

answer = Account().call("GET", "/v1/files?limit=20")
if answer.status != 200:
    sys.exit(f"{answer.status}: {answer.read().decode()}")
for file in json.load(answer)["data"]:
    print(file["id"], file["size"], file["name"])
