"""Receives webhooks on $PORT and prints those that the platform has signed (Standard Webhooks)."""

import base64
import hashlib
import hmac
import http.server
import os
import time

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE = 5 * 60  # seconds
BODY_MAX = 1024 * 1024
seen = {}  # ids, until they are too old anyway


def is_signed(headers, body):
    name, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE:
        return False
    wanted = base64.b64encode(hmac.new(KEY, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest())
    given = [each[3:].encode() for each in headers.get("webhook-signature", "").split() if each.startswith("v1,")]
    # While one key replaces another there are two signatures.
    return any([hmac.compare_digest(wanted, each) for each in given])


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size <= BODY_MAX else b""
        if not is_signed(self.headers, body):
            self.answer(400)
            return
        now = time.monotonic()
        for name in [name for name, moment in seen.items() if now - moment > 2 * TOLERANCE]:
            del seen[name]
        name = self.headers["webhook-id"]
        if name not in seen:
            seen[name] = now
            print(body.decode(), flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """What it prints are events."""


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
