"""500 uploads of 50 MiB at once, each sent at 1 MB a second at most, through one node into versitygw."""

import collections
import concurrent.futures
import contextlib
import http.client
import os
import threading
import time

import bed
import tiny
import uploads

UPLOADS = 500
BYTES_A_SECOND = 1_000_000
TRIES_MAX = 200


class Sender:
    def __init__(self, port, headers, path):
        self.port, self.headers, self.path = port, headers, path
        self.statuses, self.lock = collections.Counter(), threading.Lock()

    def count(self, status):
        with self.lock:
            self.statuses[status] += 1

    def upload(self, number):
        """Whether it was stored. What is refused for now is sent again when the answer says so."""
        for _ in range(TRIES_MAX):
            status, wait = self.send(number)
            self.count(status)
            if status == 201:
                return True
            if status != 503 or wait is None:
                return False
            time.sleep(wait)
        return False

    def send(self, number):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        client.putrequest("POST", f"/v1/files?name=u{number}")
        for name, value in {"Content-Type": "application/octet-stream", "Content-Length": uploads.BYTES,
                            **self.headers}.items():
            client.putheader(name, str(value))
        with contextlib.closing(client), self.path.open("rb") as file:
            client.endheaders()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                began, sent = time.monotonic(), 0
                while sent < uploads.BYTES:
                    sent += client.sock.sendfile(file, sent, BYTES_A_SECOND // 4)
                    time.sleep(max(0, began + sent / BYTES_A_SECOND - time.monotonic()))
            answer = client.getresponse()
            answer.read()
            wait = answer.headers.get("Retry-After")
            return answer.status, None if wait is None else int(wait)


def report():
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        database, redis = stack.enter_context(bed.postgres()), stack.enter_context(bed.redis())
        endpoint = stack.enter_context(uploads.gateway(place))
        env = tiny.acme_env(database, redis, place) | uploads.KEYS
        env |= {"ACME_THREADS": str(os.cpu_count()), "S3_ENDPOINT": endpoint, "S3_BUCKET": uploads.BUCKET,
                "S3_FORCE_PATH_STYLE": "true"}
        acme = stack.enter_context(bed.process([bed.ACME, "serve"], env=env))
        bed.wait_for(f"http://127.0.0.1:{env['PORT']}/readyz")
        path = place / "body.bin"
        path.write_bytes(os.urandom(uploads.BYTES))
        sender = Sender(int(env["PORT"]), {"Cookie": uploads.cookie_of(env)}, path)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS) as pool:
            stored = sum(pool.map(sender.upload, range(UPLOADS)))
        took = time.monotonic() - began
        peak = uploads.peak_mib(acme.pid)
    others = {status: count for status, count in sender.statuses.items() if status not in (201, 503)}
    is_met = peak <= uploads.MEMORY_MAX and stored == UPLOADS and not others
    rows = [[f"{stored} of {UPLOADS}", ", ".join(f"{status}: {n}" for status, n in sorted(sender.statuses.items())),
             f"{took:.0f}", f"{stored * uploads.BYTES / 2**20 / took:.0f}", f"{peak:.0f}",
             f"≤ {uploads.MEMORY_MAX} MiB, 503 alone: {'met' if is_met else 'missed'}"]]
    return bed.table(["stored", "answers", "s", "MiB/s", "peak MiB", "goal"], rows)
