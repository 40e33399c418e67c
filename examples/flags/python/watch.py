"""Asks for a boolean flag for many users, and counts each second who got which variant."""

import collections
import os
import sys
import time

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

URL = os.environ["ACME_URL"].rstrip("/")
HEADERS = {"Authorization": "Bearer " + os.environ["ACME_API_KEY"]}
ORG = {"org_id": os.environ["ACME_ORG"]} if os.environ.get("ACME_ORG") else {}


def show(word, counts):
    print(word, *(f"{variant}={counts[variant]}" for variant in sorted(counts)), flush=True)


def with_variant(answer, **_):
    """A flag that is off has no variant, and version 0.3.0 of the provider takes an answer without one for an error."""
    read = answer.json
    answer.json = lambda: {"variant": None, **read()}


def main(flag, seconds):
    provider = OFREPProvider(URL, headers_factory=lambda: HEADERS)
    provider.session.hooks["response"].append(with_variant)
    api.set_provider(provider)
    client = api.get_client()
    all_counts, user = collections.Counter(), 0
    for second in range(seconds):
        counts, end = collections.Counter(), time.monotonic() + 1
        while time.monotonic() < end:
            user = user % 1000 + 1
            details = client.get_boolean_details(flag, False, EvaluationContext(f"user-{user}", ORG))
            if details.error_code:
                sys.exit(f"{details.error_code}: {details.error_message}")
            counts[details.variant or "default"] += 1
        show(second + 1, counts)
        all_counts += counts
    show("total", all_counts)


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10)
