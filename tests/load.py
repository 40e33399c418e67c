"""Open-loop load on a loopback address, bounded in rate and time, that counts what a client saw.

Requests are begun when they are due, not when the one before has ended; each goes over a kept
connection if one is free. A connection that the server closed between two requests is replaced and
the request sent again, as every HTTP client does; whatever else goes wrong is a failure.
"""

import asyncio
import collections
import threading
import time
import urllib.parse


class Load:
    """`with Load(url, "/healthz", rate=1000) as load: ...` then load.failures, load.count."""

    def __init__(self, url, path, rate, headers="", limit=256):
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname.startswith("127.") and parts.hostname != "localhost":
            raise ValueError("load goes to loopback addresses only")
        self.host, self.port, self.rate, self.limit = parts.hostname, parts.port, rate, limit
        self.request = (f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n").encode()
        self.count = 0
        self.statuses = collections.Counter()
        self.failures = []
        self.not_sent = 0
        self.latencies = []
        self.idle = []
        self.under_way = set()
        self.is_ending = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_ending = True
        self.thread.join(timeout=60)

    async def run(self):
        begun = turn = time.monotonic()
        sent = 0
        while not self.is_ending and time.monotonic() - begun < 300:
            late, turn = time.monotonic() - turn, time.monotonic()
            if late > 0.1:  # this process was held up, and not who answers: it owes nothing for that time
                begun += late
            due = int((time.monotonic() - begun) * self.rate)
            while sent < due:
                sent += 1
                if len(self.under_way) >= self.limit:
                    self.not_sent += 1  # of a machine that stood still; what got no answer fails by itself
                    continue
                task = asyncio.create_task(self.one())
                self.under_way.add(task)
                task.add_done_callback(self.under_way.discard)
            await asyncio.sleep(0.002)
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=40)
        for _, writer in self.idle:
            writer.close()

    async def one(self):
        begun = time.monotonic()
        try:
            status = await asyncio.wait_for(self.exchange(), 30)
            self.statuses[status] += 1
            if status >= 400:
                self.failures.append(f"status {status}")
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            self.failures.append(f"{type(error).__name__}: {error} after {time.monotonic() - begun:.3f} s")
        self.count += 1
        self.latencies.append(time.monotonic() - begun)

    async def exchange(self):
        while self.idle:
            reader, writer = self.idle.pop()
            try:
                return await self.send(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                writer.close()
                if getattr(error, "partial", b""):
                    raise  # an answer had begun
        reader, writer = await asyncio.open_connection(self.host, self.port)
        return await self.send(reader, writer)

    async def send(self, reader, writer):
        writer.write(self.request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = 0
        for line in head.split("\r\n"):
            if line.startswith("content-length:"):
                length = int(line.split(":")[1])
        if length:
            try:
                await reader.readexactly(length)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError(f"the answer broke off: {error}") from None
        if "connection: close" in head:
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(head.split(" ", 2)[1])
