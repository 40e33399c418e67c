#!/usr/bin/python3 -B
"""The smallest program under the contract C-4. See tests/releases/README.md.

GET / and whatever else: 200. GET /slow?ms=300 answers so much later. Needs nothing but Python.
"""

import asyncio
import os
import signal
import sys
import urllib.parse

import contract


class App:
    def __init__(self, behaviour, environment):
        self.behaviour = behaviour
        self.address = environment.get("ACME_ADDRESS", "127.0.0.1")
        self.port = int(environment.get("PORT", "8080"))
        self.metrics_port = int(environment.get("METRICS_PORT", "9090"))
        self.drain_seconds = int(environment.get("DRAIN_TIMEOUT_SECONDS", "30"))
        self.drain_delay_s = float(environment.get("ACME_DRAIN_DELAY", "0ms").removesuffix("ms")) / 1000
        release = behaviour.get("lie_release") or environment.get("ACME_RELEASE", "dev")
        self.release = release
        self.header = [b"X-Acme-Release: " + release.encode()]
        self.is_ready = False
        self.is_draining = False
        self.stopped = asyncio.Event()
        self.requests = 0
        self.counts = {}  # (method, status) -> how many
        self.connections = set()
        self.misdeeds = contract.Misdeeds(behaviour, lambda: os.kill(os.getpid(), signal.SIGKILL))

    async def run(self):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.on_stop)
        listeners = [
            await loop.create_server(lambda: Connection(self), self.address, port, backlog=4096)
            for port in (self.port, self.metrics_port)]
        loop.call_later(self.behaviour.get("start_delay_s", 0), self.become_ready)
        self.misdeeds.begin()
        await self.stopped.wait()
        await asyncio.sleep(self.drain_delay_s)  # the balancer sees 503 first
        listeners[0].close()
        await self.drain()
        listeners[1].close()
        self.misdeeds.end()

    def become_ready(self):
        self.is_ready = not self.behaviour.get("never_ready")

    def on_stop(self):
        if not self.behaviour.get("ignore_sigterm"):
            self.is_draining = True
            self.stopped.set()

    async def drain(self):
        for _ in range(self.drain_seconds * 100):
            if not any(connection.is_busy for connection in self.connections):
                break
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.transport.close()

    # Answers

    def plan(self, path):
        """The status, the body, and for how many seconds to wait before."""
        if path == "/healthz":
            return 200, b"ok\n", 0
        if path == "/readyz":
            is_ready = self.is_ready and not self.is_draining
            return (200, b"ready\n", 0) if is_ready else (503, contract.problem(503, "Not ready."), 0)
        if path == "/drained":
            self.drain_delay_s = 0
            return 200, b"drained\n", 0
        if path == "/metrics":
            return 200, self.metrics().encode(), 0
        self.requests += 1
        wait = self.behaviour.get("delay_ms", 0) / 1000
        if path.startswith("/slow?"):
            wait += float(urllib.parse.parse_qs(path[6:]).get("ms", ["0"])[0]) / 1000
        if self.behaviour.get("not_found_all"):
            return 404, contract.problem(404, "Wrong on purpose."), wait
        if self.misdeeds.fails(self.requests):
            return 500, contract.problem(500, "Wrong on purpose."), wait
        return 200, b"hello\n", wait

    def count(self, method, path, status):
        if path not in ("/healthz", "/readyz", "/metrics", "/drained"):
            self.counts[method, status] = self.counts.get((method, status), 0) + 1

    def metrics(self):
        memory = contract.resident_bytes()
        cpu = contract.cpu_seconds() + self.misdeeds.burnt_seconds()
        lines = ["# TYPE http_requests_total counter"]
        lines += [f'http_requests_total{{method="{method}",path="/",status="{status}"}} {count}'
                  for (method, status), count in sorted(self.counts.items())]
        lines += ["# TYPE process_resident_memory_bytes gauge", f"process_resident_memory_bytes {memory}",
                  "# TYPE process_cpu_seconds_total counter", f"process_cpu_seconds_total {cpu}",
                  "# TYPE acme_build_info gauge",
                  f'acme_build_info{{release="{self.release}",role="serve"}} 1']
        return "\n".join(lines) + "\n"


class Connection(asyncio.Protocol):
    """One request at a time. What a client sends on before it has its answer waits."""

    def __init__(self, app):
        self.app = app
        self.transport = None
        self.received = bytearray()
        self.left = 0  # bytes of a body that are still to come and go nowhere
        self.head = None
        self.is_busy = False
        self.task = None

    def connection_made(self, transport):
        self.transport = transport
        self.app.connections.add(self)

    def connection_lost(self, _):
        self.app.connections.discard(self)
        if self.task:
            self.task.cancel()

    def data_received(self, data):
        self.received += data
        self.go_on()

    def go_on(self):
        while not self.is_busy or self.head is not None:
            if self.head is None and not self.take_head():
                return
            used = min(self.left, len(self.received))
            del self.received[:used]
            self.left -= used
            if self.left:
                return
            head, self.head = self.head, None
            self.respond(head)

    def take_head(self):
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.head = contract.Head(bytes(self.received[:end + 4]))
        del self.received[:end + 4]
        self.is_busy = True
        self.left = int(self.head.headers.get("content-length", 0))
        if self.head.headers.get("expect"):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def respond(self, head):
        status, body, wait = self.app.plan(head.first[1])
        if wait:
            self.task = asyncio.get_running_loop().create_task(self.finish_after(wait, head, status, body))
        else:
            self.finish(head, status, body)

    async def finish_after(self, wait, head, status, body):
        await asyncio.sleep(wait)
        self.task = None
        self.finish(head, status, body)
        self.go_on()

    def finish(self, head, status, body):
        closes = head.closes() or self.app.is_draining
        self.app.count(head.method, head.path, status)
        self.transport.write(contract.answer(status, body, self.app.header, closes, head.method == "HEAD"))
        self.is_busy = False
        if closes:
            self.transport.close()


async def run(behaviour):
    await App(behaviour, dict(os.environ)).run()


def main():
    behaviour = contract.read_behaviour()
    if behaviour.get("refuse_start"):
        sys.exit("acme: refuses to start, on purpose")
    asyncio.run(run(behaviour))


if __name__ == "__main__":
    main()
