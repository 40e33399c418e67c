"""What both kinds of release need: HTTP/1.1 heads and bodies, and the misdeeds that need no request.

It stands beside `acme` in the folder of a release.
"""

import asyncio
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys

HEAD_BYTES_MAX = 64 * 1024
PIECE_BYTES = 64 * 1024
HEALTH = ("/healthz", "/readyz")
HERE = pathlib.Path(os.path.realpath(__file__)).parent
SIGN = HERE / "fail"
REASONS = {200: "OK", 404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway",
           503: "Service Unavailable"}


class Broken(ConnectionError):
    """The other side ended early, or speaks no HTTP."""


def read_behaviour():
    path = HERE / "behaviour.json"
    return json.loads(path.read_text()) if path.exists() else {}


def die_with_parent():
    """In a child, before it becomes another program: Linux kills it when we are gone."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Head:
    """The first line and the headers of a message; names in lower case."""

    __slots__ = ("raw", "first", "headers")

    def __init__(self, raw):
        lines = raw.decode("latin-1").split("\r\n")
        self.raw = raw
        self.first = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                self.headers[name.lower()] = value.strip()

    @property
    def method(self):
        return self.first[0]

    @property
    def path(self):
        return self.first[1].split("?")[0]

    @property
    def status(self):
        return int(self.first[1])

    def without(self, *names):
        """As bytes, without these headers and without the empty line at the end."""
        dropped = tuple(name + ":" for name in names)
        kept = [line for line in self.raw.decode("latin-1").split("\r\n")
                if line and not line.lower().startswith(dropped)]
        return ("\r\n".join(kept) + "\r\n").encode("latin-1")

    def closes(self):
        return "close" in self.headers.get("connection", "").lower()


async def read_head(reader):
    """None when the peer ended between two messages."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise Broken("ended within a head") from None
        return None
    except asyncio.LimitOverrunError:
        raise Broken("a head without an end") from None


async def pieces(reader, head, has_body=True):
    """The bytes of the body as they come, framing included; nothing is kept."""
    if not has_body:
        return
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        async for piece in chunks(reader):
            yield piece
    elif "content-length" in head.headers:
        left = int(head.headers["content-length"])
        while left > 0:
            piece = await reader.read(min(left, PIECE_BYTES))
            if not piece:
                raise Broken("ended within a body")
            left -= len(piece)
            yield piece
    elif head.first[0].startswith("HTTP/"):  # an answer that ends with its connection
        while piece := await reader.read(PIECE_BYTES):
            yield piece


async def chunks(reader):
    try:
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                yield line
                while line != b"\r\n":  # trailers, and the line that ends them
                    line = await reader.readuntil(b"\r\n")
                    yield line
                return
            yield line + await reader.readexactly(size + 2)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        raise Broken("ended within a chunk") from None


def answer(status, body, headers=(), closes=False, is_head=False):
    kind = b"application/problem+json" if status >= 400 else b"text/plain; charset=utf-8"
    lines = [b"HTTP/1.1 %d %s" % (status, REASONS[status].encode()), b"Content-Type: " + kind,
             b"Content-Length: %d" % len(body), *headers]
    if closes:
        lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if is_head else body)


def problem(status, detail):
    return json.dumps({"type": "about:blank", "title": REASONS[status], "status": status,
                       "detail": detail, "code": "faulty.on_purpose"}).encode()


class Misdeeds:
    """What goes wrong: requests that fail, and without one it crashes, leaks, burns."""

    def __init__(self, behaviour, crash):
        self.behaviour = behaviour
        self.crash = crash  # ends everything at once, without a word
        self.leaked = []
        self.burners = []
        self.tasks = []

    def begin(self):
        if after := self.behaviour.get("crash_after_s"):
            asyncio.get_running_loop().call_later(after, self.crash)
        if rate := self.behaviour.get("leak_mb_per_s"):
            self.tasks.append(asyncio.create_task(self.leak(rate)))
        cores = float(self.behaviour.get("burn_cpu") or 0)
        while cores > 0:
            self.burners.append(burn(min(cores, 1)))
            cores -= 1

    async def leak(self, mb_per_s):
        while True:
            await asyncio.sleep(0.1)
            self.leaked.append(bytes(b"x" * int(mb_per_s * 100_000)))

    def fails(self, number):
        """Whether the request of that number, from 1, shall fail."""
        every = self.behaviour.get("fail_every")
        if self.behaviour.get("fail_on_sign") and SIGN.exists():
            every = 2
        return number <= self.behaviour.get("fail_first", 0) or bool(every) and number % every == 0

    def leaked_bytes(self):
        return sum(map(len, self.leaked))

    def burnt_seconds(self):
        return sum(cpu_seconds(burner.pid) for burner in self.burners)

    def end(self):
        for burner in self.burners:
            burner.kill()
            burner.wait()


def burn(share):
    """A process that works `share` of the time."""
    program = ("import time\nwhile True:\n begun = time.perf_counter()\n"
               f" while time.perf_counter() - begun < {share / 20}: pass\n"
               f" time.sleep({(1 - share) / 20})")
    return subprocess.Popen([sys.executable, "-c", program], preexec_fn=die_with_parent)


def resident_bytes(pid="self"):
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def cpu_seconds(pid="self"):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0
