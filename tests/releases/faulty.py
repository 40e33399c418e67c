#!/usr/bin/python3 -B
"""The platform behind a proxy that does wrong what behaviour.json says. See tests/releases/README.md.

The real binary gets the same words and environment, but serves on a port of its own. Each connection
of a client has one to the real node, so that drain, keep-alive and back-pressure are the real ones.
"""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys

import contract

REAL = str(contract.HERE / "acme-real")
CONNECTIONS_MAX = 4096
LAST_ANSWERS_SECONDS = 10


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class ToReal(asyncio.StreamReaderProtocol):
    """Tells when the real node ends a connection, as it does with idle ones when it drains."""

    def __init__(self, reader, on_end):
        super().__init__(reader)
        self.on_end = on_end

    def eof_received(self):
        kept = super().eof_received()
        self.on_end()
        return kept


class Proxy:
    def __init__(self, behaviour, environment):
        self.behaviour = behaviour
        self.address = environment.get("ACME_ADDRESS", "127.0.0.1")
        self.port = int(environment.get("PORT", "8080"))
        self.metrics_port = int(environment.get("METRICS_PORT", "9090"))
        self.drain_seconds = int(environment.get("DRAIN_TIMEOUT_SECONDS", "30"))
        self.real_port = free_port(self.address)
        self.real_metrics_port = free_port(self.address)
        self.release = behaviour.get("lie_release") or environment.get("ACME_RELEASE", "dev")
        self.environment = {**environment, "PORT": str(self.real_port),
                            "METRICS_PORT": str(self.real_metrics_port)}
        self.requests = 0
        self.injected = {}  # (method, status) -> how many
        self.servers = []
        self.busy = 0  # connections with an answer under way
        self.is_draining = False
        self.draining = None
        self.real = None
        self.misdeeds = contract.Misdeeds(behaviour, self.crash)

    # Life

    async def run(self):
        loop = asyncio.get_running_loop()
        self.real = subprocess.Popen([REAL, *sys.argv[1:]], env=self.environment,
                                     preexec_fn=contract.die_with_parent)
        loop.add_signal_handler(signal.SIGTERM, self.on_stop, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGINT, self.on_stop, signal.SIGINT)
        if await self.is_real_up():
            self.servers = [await self.listen(self.port, self.serve),
                            await self.listen(self.metrics_port, self.serve_metrics)]
            self.misdeeds.begin()
        code = await loop.run_in_executor(None, self.real.wait)
        self.misdeeds.end()
        self.close_listeners()
        await self.finish_answers()
        return 128 - code if code < 0 else code

    async def is_real_up(self):
        """Until then nobody is told that we are there, as if the real one stood here itself."""
        while self.real.poll() is None:
            try:
                _, writer = await asyncio.open_connection(self.address, self.real_port)
                writer.close()
                return True
            except OSError:
                await asyncio.sleep(0.01)
        return False

    async def finish_answers(self, seconds=LAST_ANSWERS_SECONDS):
        """What the real one has said may still be on its way through us."""
        for _ in range(seconds * 100):
            if self.busy == 0:
                return
            await asyncio.sleep(0.01)

    async def listen(self, port, handler):
        async def guarded(reader, writer):
            try:
                await handler(reader, writer)
            except (OSError, ValueError):
                pass
            finally:
                writer.close()

        return await asyncio.start_server(guarded, self.address, port, limit=contract.HEAD_BYTES_MAX,
                                          backlog=CONNECTIONS_MAX, reuse_address=True)

    def on_stop(self, number):
        if self.behaviour.get("ignore_sigterm"):
            return
        if not self.is_draining:
            self.draining = asyncio.create_task(self.drain(number))

    async def drain(self, number):
        """What we hold back ourselves the real one knows nothing of: it is told when that is done."""
        self.is_draining = True
        if self.behaviour.get("delay_ms"):
            await self.finish_answers(self.drain_seconds)
        self.real.send_signal(number)

    def close_listeners(self):
        for server in self.servers:
            server.close()

    def crash(self):
        self.real.kill()
        os.kill(os.getpid(), signal.SIGKILL)

    # Traffic

    async def serve(self, reader, writer):
        upstream = None
        try:
            while head := await contract.read_head(reader):
                self.busy += 1
                try:
                    status = await self.misbehave(head)
                    if status:
                        goes_on = await self.answer_wrongly(status, head, reader, writer)
                    else:
                        upstream = upstream or await self.connect(writer)
                        goes_on = upstream and await self.pass_on(head, reader, writer, upstream)
                finally:
                    self.busy -= 1
                if not goes_on or upstream and upstream[0].at_eof():
                    return
        finally:
            if upstream:
                upstream[1].close()

    async def connect(self, writer):
        """A connection to the real node that lives as long as the client's: an idle one that the
        node ends is ended here too. None when there is no node any more; that was answered."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=contract.HEAD_BYTES_MAX)
        upstream = []

        def on_end():
            if upstream and upstream[2] == "idle":
                writer.close()

        try:
            transport, protocol = await loop.create_connection(
                lambda: ToReal(reader, on_end), self.address, self.real_port)
            upstream += [reader, asyncio.StreamWriter(transport, protocol, reader, loop), "idle"]
            return upstream
        except OSError:
            if self.is_draining:
                self.close_listeners()
            status = 503 if self.is_draining else 502
            writer.write(contract.answer(status, contract.problem(status, "Nothing is behind here."),
                                         closes=True))
            await writer.drain()
            return None

    async def misbehave(self, head):
        """The status to answer instead of the real one, or None."""
        if head.path in contract.HEALTH:
            return 503 if head.path == "/readyz" and self.is_unready() else None
        self.requests += 1
        delay = self.behaviour.get("delay_ms")
        if delay and not self.is_draining:
            await asyncio.sleep(delay / 1000)
        if self.behaviour.get("not_found_all"):
            return 404
        return 500 if self.misdeeds.fails(self.requests) else None

    def is_unready(self):
        return self.is_draining or self.behaviour.get("never_ready")

    async def answer_wrongly(self, status, head, reader, writer):
        async for _ in contract.pieces(reader, head):
            pass
        key = (head.method, status)
        self.injected[key] = self.injected.get(key, 0) + 1
        closes = head.closes() or self.is_draining
        writer.write(contract.answer(status, contract.problem(status, "Wrong on purpose."),
                                     [b"X-Acme-Release: " + self.release.encode()], closes,
                                     head.method == "HEAD"))
        await writer.drain()
        return not closes

    async def pass_on(self, head, reader, writer, upstream):
        """False when the connection has to end."""
        up_reader, up_writer, _ = upstream
        upstream[2] = "busy"
        up_writer.write(head.raw)
        body = None
        if "content-length" in head.headers or "transfer-encoding" in head.headers:
            body = asyncio.create_task(self.send_body(head, reader, up_writer))
        try:
            while True:
                reply = await contract.read_head(up_reader)
                if reply is None:
                    return False
                writer.write(self.rewritten(reply))
                if reply.status >= 200:
                    break
            has_body = head.method != "HEAD" and reply.status not in (204, 304)
            await self.pump(contract.pieces(up_reader, reply, has_body), writer)
            if body:
                await asyncio.wait({body}, timeout=0.1)
            is_whole = body is None or body.done()
        finally:
            if body:
                body.cancel()
                await asyncio.gather(body, return_exceptions=True)
        upstream[2] = "idle"
        ends = has_body and not {"content-length", "transfer-encoding"} & reply.headers.keys()
        return is_whole and not (reply.closes() or head.closes() or ends or self.is_draining)

    async def send_body(self, head, reader, up_writer):
        try:
            await self.pump(contract.pieces(reader, head), up_writer)
        except OSError:
            up_writer.close()  # the client left; the node shall not wait for the rest

    async def pump(self, source, writer):
        async for piece in source:
            writer.write(piece)
            await writer.drain()
        await writer.drain()

    def rewritten(self, reply):
        lies = "lie_release" in self.behaviour and "x-acme-release" in reply.headers
        hides = self.behaviour.get("hide_limits")
        if not lies and not hides and not self.is_draining:
            return reply.raw
        dropped = ["x-acme-release"] * lies + ["ratelimit", "ratelimit-policy"] * bool(hides)
        changed = reply.without(*dropped)
        if lies:
            changed += b"X-Acme-Release: " + self.release.encode() + b"\r\n"
        if self.is_draining and not reply.closes() and reply.status >= 200:
            changed += b"Connection: close\r\n"
        return changed + b"\r\n"

    # Figures

    async def serve_metrics(self, reader, writer):
        while head := await contract.read_head(reader):
            upstream = await asyncio.open_connection(self.address, self.real_metrics_port,
                                                     limit=contract.HEAD_BYTES_MAX)
            try:
                upstream[1].write(head.without("accept-encoding", "connection", "accept")
                                  + b"Connection: close\r\n\r\n")
                reply = await contract.read_head(upstream[0])
                if reply is None:
                    return
                body = b"".join([piece async for piece in contract.pieces(upstream[0], reply)])
            finally:
                upstream[1].close()
            status = reply.status
            if head.path == "/readyz" and self.is_unready():
                status, body = 503, contract.problem(503, "Not ready.")
            if head.path == "/metrics" and status == 200:
                body = self.with_own_figures(body.decode()).encode()
            writer.write(reply.without("content-length", "connection", "transfer-encoding").replace(
                b" %d " % reply.status, b" %d " % status, 1) + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            if head.closes():
                return

    def is_too_early(self, bucket):
        """Nobody had an answer before we let go of the request."""
        edge = float(re.search(r'le="([^"]+)"', bucket)[1])
        is_health = any(f'path="{path}"' in bucket for path in contract.HEALTH)
        return not is_health and edge <= self.behaviour.get("delay_ms", 0) / 1000

    def with_own_figures(self, text):
        """What is done wrong on purpose counts; what it costs to stand in between does not."""
        added = {"process_resident_memory_bytes": self.misdeeds.leaked_bytes(),
                 "process_cpu_seconds_total": self.misdeeds.burnt_seconds()}
        lines = []
        for line in text.splitlines():
            name, _, value = line.partition(" ")
            if name in added:
                line = f"{name} {float(value) + added[name]}"
            elif name.startswith("http_request_duration_seconds_bucket") and self.is_too_early(name):
                line = f"{name} 0"
            lines.append(line)
            if line == "# TYPE http_requests_total counter":
                lines += [f'http_requests_total{{method="{method}",path="on_purpose",status="{status}"}} {count}'
                          for (method, status), count in sorted(self.injected.items())]
        return "\n".join(lines) + "\n"


def main():
    behaviour = contract.read_behaviour()
    if "serve" not in sys.argv[1:2]:
        os.execv(REAL, [REAL, *sys.argv[1:]])
    if behaviour.get("refuse_start"):
        sys.exit("acme: refuses to start, on purpose")
    sys.exit(asyncio.run(Proxy(behaviour, dict(os.environ)).run()))


if __name__ == "__main__":
    main()
