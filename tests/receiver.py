"""A program outside that webhooks are sent to: it answers as a test asks, and verifies with the library of the
standard (standardwebhooks)."""

import contextlib
import http.server
import pathlib
import socket
import struct
import sys
import threading

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / ".acme/tools/standardwebhooks@1.1.0"))

from standardwebhooks.webhooks import Webhook  # noqa: E402


class Receiver:
    """`got` is every request whose body came: path, headers, body. `answers` are given in turn, then `answer`."""

    def __init__(self, host="127.0.0.1", port=0):
        self.got = []
        self.answer = 204
        self.answers = []  # a status, (status, headers, body), "reset", or an Event to wait for first
        self.server = http.server.ThreadingHTTPServer((host, port), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def url(self, path="/hook"):
        return f"http://{self.server.server_address[0]}:{self.port}{path}"

    @property
    def port(self):
        return self.server.server_port

    def at(self, path):
        return [request for request in self.got if request["path"] == path]

    def events(self, path="/hook"):
        """The ids, each once, in the order in which they first came."""
        return list(dict.fromkeys(request["headers"]["webhook-id"] for request in self.at(path)))

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver.answers.pop(0) if receiver.answers else receiver.answer
                receiver.got.append({"path": self.path, "headers": headers, "body": body})
                if isinstance(answer, threading.Event):
                    answer.wait(60)
                    answer = receiver.answer
                if answer == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                status, more, said = answer if isinstance(answer, tuple) else (answer, {}, b"")
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in more.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)

            def log_message(self, *words):
                pass

        return Handler


def verified(request, secret):
    """What the library of the standard makes of it; it raises when the signature, the time or the id is wrong."""
    return Webhook(secret).verify(request["body"], request["headers"])
