"""The client of bench/deploy while something else happens: 1,000 requests a second, and what became of each."""

import collections
import signal
import subprocess
import tempfile
import time

import bed

CLIENT = bed.ROOT / f"build/{bed.PRESET}/acme-bench-deploy"
FAILED_FROM = 500
Request = collections.namedtuple("Request", "due kind status seconds release fault")


def percentile(values, share):
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else float("nan")


class Traffic:
    """`with Traffic(platform, rps=1000) as traffic: ...`, afterwards traffic.requests. Times are time.monotonic()'s."""

    def __init__(self, platform, rps=1000, read="/v1/me", write="/v1/files?name=bench.txt", **more):
        self.words = {"port": platform.port, "cookie": platform.cookie, "read": read, "write": write, "rps": rps,
                      "seconds": 1800, **more}
        self.requests = []

    def __enter__(self):
        self.began = time.monotonic()
        self.file = tempfile.TemporaryFile("w+")
        words = [f"{name}={value}" for name, value in self.words.items()]
        self.process = subprocess.Popen([CLIENT, "load", *words], stdout=self.file)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=120) != 0:
            raise RuntimeError("the client failed")
        self.file.seek(0)
        for line in self.file:
            due, kind, status, took, release, fault = line.split()
            self.requests.append(Request(int(due) / 1e6, kind, int(status), int(took) / 1e6, release, fault))
        self.file.close()

    def failed(self, since=0, until=float("inf")):
        """Without a whole answer, or answered 5xx. Whatever else is not 2xx is a mistake of the benchmark's."""
        odd = {r.status for r in self.requests if 300 <= r.status < FAILED_FROM and r.release not in self.may_refuse}
        if odd:
            raise RuntimeError(f"answers of {odd}: this measures something else")
        return [r for r in self.within(since, until) if r.status == 0 or r.status >= FAILED_FROM]

    may_refuse = ()

    def within(self, since, until=float("inf")):
        return [r for r in self.requests if since <= r.due < until]

    def p99_ms(self, since, until):
        return 1000 * percentile([r.seconds for r in self.within(since, until)], 0.99)

    def rate(self, since, until):
        return len(self.within(since, until)) / (until - since)
