"""A name server whose answers a test changes, by the library dnslib; and a platform that asks it and nobody else,
while the machine's own resolver stays as it is."""

import os
import pathlib
import sys

import pytest
from conftest import Platform

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / ".acme/tools/dnslib@0.9.26"))

from dnslib import QTYPE, RR, A  # noqa: E402
from dnslib.server import BaseResolver, DNSLogger, DNSServer  # noqa: E402

ADDRESS = "127.77.0.1"  # port 53, which is the only one that resolv.conf can name


class Names(BaseResolver):
    """`answers[name]` are lists of addresses: one list after the other, then the last again and again. `asked` is
    how often somebody wanted the addresses of a name."""

    def __init__(self):
        if os.geteuid() != 0:
            cannot = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            cannot("only root may listen on port 53 and have a resolv.conf of its own")
        self.answers = {}
        self.asked = {}
        quiet = DNSLogger("-request,-reply,-truncated,-error", prefix=False)
        self.server = DNSServer(self, address=ADDRESS, port=53, logger=quiet)
        self.server.start_thread()

    def resolve(self, request, handler):
        name = str(request.q.qname).rstrip(".")
        reply = request.reply()
        if request.q.qtype == QTYPE.A and name in self.answers:
            self.asked[name] = self.asked.get(name, 0) + 1
            lists = self.answers[name]
            for address in lists.pop(0) if len(lists) > 1 else lists[0]:
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=0))
        return reply

    def close(self):
        self.server.stop()
        self.server.server.server_close()


class NamedPlatform(Platform):
    """All its processes ask Names."""

    def before(self):
        file = self.home.path / "resolv.conf"
        file.write_text(f"nameserver {ADDRESS}\noptions timeout:30\n")  # who asks twice gets the second answer
        return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(file)]
