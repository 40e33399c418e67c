"""Servers that are too old, as far as the product comes before it says so: just enough of each protocol."""

import socketserver
import struct
import threading


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *ended):
        self.shutdown()
        return super().__exit__(*ended)


class PostgreSQL14(socketserver.StreamRequestHandler):
    """Lets everybody in and says who it is. Source: PostgreSQL, "Frontend/Backend Protocol"."""

    SSL_REQUEST, GSS_REQUEST = 80877103, 80877104

    def handle(self):
        while head := self.rfile.read(8):
            length, code = struct.unpack("!II", head)
            self.rfile.read(length - 8)
            if code not in (self.SSL_REQUEST, self.GSS_REQUEST):
                break
            self.wfile.write(b"N")
        else:
            return
        self.wfile.write(self.message(b"R", struct.pack("!I", 0)))
        for name, value in ((b"server_version", b"14.11"), (b"client_encoding", b"UTF8"),
                            (b"standard_conforming_strings", b"on"), (b"integer_datetimes", b"on")):
            self.wfile.write(self.message(b"S", name + b"\0" + value + b"\0"))
        self.wfile.write(self.message(b"K", struct.pack("!II", 1, 1)) + self.message(b"Z", b"I"))
        self.rfile.read()  # until it is left

    @staticmethod
    def message(kind, body):
        return kind + struct.pack("!I", len(body) + 4) + body


class Redis6(socketserver.StreamRequestHandler):
    """Source: Redis, "RESP protocol"."""

    INFO = b"# Server\r\nredis_version:6.2.14\r\nmaxmemory_policy:volatile-lru\r\n"

    def handle(self):
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                words.append(self.rfile.read(int(self.rfile.readline()[1:])))
                self.rfile.read(2)
            self.wfile.write(b"$%d\r\n%s\r\n" % (len(self.INFO), self.INFO) if words[0] == b"INFO" else b"+OK\r\n")
