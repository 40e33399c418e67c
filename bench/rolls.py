"""Six nodes get a release two at a time, and the one before again, while 1,000 requests a second come.

The nodes are the platform's own, behind its HAProxy; what is asked is its API. One request of ten stores
a file of 1 KiB; one of a hundred does so with a body that takes 300 ms to come, or 14 s.
"""

import contextlib
import os
import signal
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import bed
import up
from deployment import Deployment
from traffic import Traffic

NODES = 6
RUNS = 3
BEFORE_SECONDS = 10
WINDOW = "10s"
SLOW_START = """#!/bin/sh
# The platform, but it takes {seconds} s before it serves.
[ "$1" != serve ] || sleep {seconds}
exec "${{0%/*}}/acme-real" "$@"
"""


def make(platform, name, start_seconds=0):
    """Adds a release that differs from every other by its name."""
    folder = platform.place / name
    folder.mkdir()
    program = folder / ("acme-real" if start_seconds else "acme")
    shutil.copy(bed.ACME, program)
    with program.open("ab") as file:
        file.write(name.encode())  # behind what the loader reads
    if start_seconds:
        (folder / "acme").write_text(SLOW_START.format(seconds=start_seconds))
        (folder / "acme").chmod(0o755)
    return platform.add(folder)


def serving(steps):
    return [step for step in steps if step[2]["nodes"].startswith("app-")]


class Row:
    """What a table says of one way to replace the nodes: of each run seconds, failures, p99 before and during."""

    def __init__(self, name, limit, judges_latency=False):
        self.name, self.limit, self.judges_latency = name, limit, judges_latency
        self.seconds, self.failures, self.before, self.during, self.rates = [], [], [], [], []
        self.notes = []

    def add(self, seconds, traffic, since, until):
        self.seconds.append(seconds)
        self.failures.append(traffic.failed())
        self.before.append(traffic.p99_ms(traffic.began, traffic.began + BEFORE_SECONDS))
        self.during.append(traffic.p99_ms(since, until))
        self.rates.append(traffic.rate(since, until))

    def cells(self):
        count = sum(map(len, self.failures))
        ratios = [during / before for during, before in zip(self.during, self.before)]
        met = min(self.seconds) <= self.limit and count == 0
        latency = f"{bed.median(self.before):.1f} to {bed.median(self.during):.1f}"
        if self.judges_latency:
            met = met and min(ratios) <= 2
            latency += f", {bed.median(ratios):.1f} times ({bed.spread(ratios, 1)})"
        return [self.name, f"{bed.median(self.seconds):.1f}", bed.spread(self.seconds, 1), f"{count}", latency,
                f"{bed.median(self.rates):,.0f}", f"≤ {self.limit} s, 0 failed{', p99 ≤ 2 times' if self.judges_latency else ''}: "
                f"{'met' if met else 'missed'}"]

    def reasons(self):
        every = [f"{r.kind} {r.status} {r.fault} by {r.release}" for each in self.failures for r in each]
        counts = {reason: every.count(reason) for reason in sorted(set(every))}
        return [f"{self.name}: {count} × {reason}" for reason, count in counts.items()] + self.notes


def roll(platform, row, release, *options):
    """Forward. The time is that of the steps which replace nodes that serve; judging between them is left out."""
    with Traffic(platform) as traffic:
        time.sleep(BEFORE_SECONDS)
        run = Deployment(platform, "run", release, "--canary-window", WINDOW, "--reason", "measured", *options).wait()
    steps = serving(run.steps("canary", "replace"))
    row.add(sum(ended - begun for begun, ended, _ in steps), traffic, steps[0][0], steps[-1][1])


def roll_back(platform, row, load=None, expected=0):
    """The whole command, as somebody at night waits for it."""
    with Traffic(platform, **(load or {})) as traffic:
        time.sleep(max(BEFORE_SECONDS, (load or {}).get("slow_ms", 0) / 1000 + 2))
        run = Deployment(platform, "rollback", "--yes").wait(expected)
        time.sleep(1)
    row.add(run.seconds, traffic, run.began, run.ended)
    return run, traffic


@contextlib.contextmanager
def stopped_database(platform):
    """It hangs for whoever asks, which is worse than to be refused."""
    pid = platform.pid("postgres")
    children = [int(child) for child in
                subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]
    for each in [pid, *children]:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in [*children, pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)
        until_reached(platform)


def until_reached(platform):
    """What comes next is not to be blamed for the moment until each thread of each node looks again."""
    good, until = 0, time.monotonic() + 30
    while good < 20 * NODES:
        asked = urllib.request.Request(platform.url + "/v1/me", headers={"Cookie": platform.cookie})
        try:
            with urllib.request.urlopen(asked, timeout=5):
                good += 1
        except urllib.error.URLError:
            good = 0
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def dead_node(platform, name):
    """Its address is taken, so that nothing can start there."""
    address, squatter = platform.address(name), socket.socket()
    squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    until = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError, ValueError):
            os.kill(platform.pid(name), signal.SIGKILL)
        try:
            squatter.bind((address, 8080))
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
    squatter.listen(1)
    with squatter:
        time.sleep(3)  # the balancer has seen it
        yield


def has_start_first(platform):
    return "--strategy" in platform.run("deploy", "run", "--help").stdout


def measure():
    with up.platform(NODES) as platform:
        slow = make(platform, "slow", start_seconds=3)
        quick = make(platform, "quick")
        rows = [Row("roll, 3 s to start, drain-first", 25, True), Row("roll, 3 s to start, start-first", 18, True),
                Row("roll, starts at once", 5), Row("rollback", 15), Row("rollback, requests of 14 s in flight", 60),
                Row("rollback, PostgreSQL stopped", 15), Row("rollback, one node dead", 60)]
        first, start_first, at_once, back, long, dark, dead = rows
        for _ in range(RUNS):
            roll(platform, first, slow)
            roll_back(platform, back)
            if has_start_first(platform):
                roll(platform, start_first, slow, "--strategy", "start-first")
                roll_back(platform, back)
            roll(platform, at_once, quick)
            roll_back(platform, back)
        roll(platform, at_once, quick)
        roll_back(platform, long, {"slow_ms": 14_000, "slow_permille": 2})
        roll(platform, at_once, quick)
        with stopped_database(platform):
            roll_back(platform, dark, {"read": "/healthz", "writes": 0, "slow_permille": 0})
        roll(platform, at_once, quick)
        with dead_node(platform, "app-2"):
            run, _ = roll_back(platform, dead, expected=None)
        dead.notes.append(f"One node dead: ended {run.process.returncode}, said: {run.outcome}")
        return [row for row in rows if row.seconds]


def report():
    rows = measure()
    head = [f"{NODES} nodes, {NODES // 3} at a time", "s", "spread", "failed", "p99 ms before to during", "req/s", "goal"]
    notes = [line for row in rows for line in row.reasons()]
    return bed.table(head, [row.cells() for row in rows]) + "".join(f"\n\n{note}" for note in notes)
