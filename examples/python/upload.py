"""Uploads a file by tus 1.0, and goes on where it was cut off: `python3 upload.py FILE`."""

import base64
import os
import sys
import time

from acme import Account

PIECE = 8 * 1024 * 1024
TRIES = 10
TUS = {"Tus-Resumable": "1.0.0"}


def begin(account, path):
    """Makes the upload; its address."""
    name = base64.b64encode(os.path.basename(path).encode()).decode()
    answer = account.call("POST", "/v1/uploads", b"", {
        **TUS, "Upload-Length": str(os.path.getsize(path)), "Upload-Metadata": f"filename {name}"})
    if answer.status != 201:
        sys.exit(f"{answer.status}: {answer.read().decode()}")
    return answer.headers["Location"]


def offset_of(account, upload):
    """How many bytes the platform has for certain; None while it does not answer."""
    try:
        answer = account.call("HEAD", upload, headers=TUS)
    except OSError:
        return None
    return int(answer.headers["Upload-Offset"]) if answer.status in (200, 204) else None


def send(account, path, upload):
    size, tries = os.path.getsize(path), 0
    offset = 0
    with open(path, "rb") as file:
        while offset is None or offset < size:
            if offset is not None:
                file.seek(offset)
                try:
                    answer = account.call("PATCH", upload, file.read(PIECE), {
                        **TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})
                    if answer.status == 204:
                        offset, tries = int(answer.headers["Upload-Offset"]), 0
                        continue
                    if answer.status not in (409, 423, 429) and answer.status < 500:
                        sys.exit(f"{answer.status}: {answer.read().decode()}")
                except OSError:
                    pass  # cut off: the platform knows how far it came
            tries += 1
            if tries > TRIES:
                sys.exit("the platform does not answer")
            time.sleep(min(0.2 * 2**tries, 10))
            offset = offset_of(account, upload)


machine = Account()
address = begin(machine, sys.argv[1])
send(machine, sys.argv[1], address)
print(address)
