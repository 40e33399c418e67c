"""What a controller costs while it judges one of 100 nodes, and how long a plan for 500 nodes takes to make."""

import re
import subprocess
import time

import bed
import tiny
from traffic import CLIENT

NODES, SECONDS = 100, 60
CPU_MAX = 2  # percent of a core
PLAN_NODES, PLAN_MS_MAX = 500, 50


def cpu_percent():
    with bed.postgres() as database, bed.redis() as redis, bed.folder() as place:
        env = tiny.acme_env(database, redis, place)
        port = bed.free_port()
        words = [f"nodes={NODES}", f"folder={place}", f"port={port}", f"seconds={SECONDS}"]
        subprocess.run([CLIENT, "balancer", *words], check=True)
        with bed.process([CLIENT, "nodes", *words]), bed.process(["haproxy", "-W", "-db", "-f", place / "haproxy.cfg"]):
            bed.wait_for(f"http://127.0.0.1:{port}/readyz")
            time.sleep(5)  # one node answers; the balancer has to have found all of them
            done = subprocess.run([CLIENT, "control", *words], env=env, capture_output=True, text=True, timeout=SECONDS + 60)
    found = re.search(r"^(\d+) ([\d.]+)$", done.stdout, re.MULTILINE)
    if not found:
        raise RuntimeError(f"the controller did not get so far: {done.stdout}{done.stderr}")
    return 100 * float(found.group(2)) / float(found.group(1))


def plan_ms():
    said = subprocess.run([CLIENT, "plan", str(PLAN_NODES)], check=True, capture_output=True, text=True).stdout
    return [float(line.split()[0]) for line in said.splitlines()]


def report():
    took, used = plan_ms(), cpu_percent()
    return bed.table(["what", "seen", "spread", "goal"], [
        [f"a controller that judges one of {NODES} nodes, of a core", f"{used:.2f} %", f"one run of {SECONDS} s",
         f"≤ {CPU_MAX} %: {'met' if used <= CPU_MAX else 'missed'}"],
        [f"a plan of {PLAN_NODES} nodes, with its digest and as JSON, ms", f"{bed.median(took):.1f}", bed.spread(took, 1),
         f"≤ {PLAN_MS_MAX}: {'met' if min(took) <= PLAN_MS_MAX else 'missed'}"],
    ])
