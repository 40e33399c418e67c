"""The job queue beside graphile-worker, pg-boss, River and BullMQ: one PostgreSQL, one Redis, by turns.

PostgreSQL commits synchronously for all. Ours are two workers of two slots in one process, and callers that add one by
one share commits (work/jobs/inlet.hpp). Each peer has its published best settings (bench/peers/jobs, bench/peers/river) and a
database of its own, made anew for each round. All run on the same two cores as PostgreSQL and Redis, as they would.
"""

import contextlib
import json
import os
import shutil
import subprocess

import bed

ROUNDS = 3
SOME, MANY = 100_000, 1_000_000
SINGLE, SINGLE_PEER, CALLERS = 20_000, 5_000, 64  # a peer needs some ten seconds for so few
SAMPLES = 200
PROGRAM = bed.ACME.parent / "acme-bench-jobs"
US, US_KEPT = "acme", "acme, history kept"  # River and pg-boss keep what is done, graphile-worker and BullMQ do not
COMMITTED = {
    US: "the deletion of the row",
    US_KEPT: "the deletion of the row, and one in its history",
    "graphile-worker": "the deletion of the row",
    "pg-boss": "the row's new state",
    "River": "the row's new state",
    "BullMQ": "nothing on disk: Redis syncs once a second",
}
SYSTEMS = list(COMMITTED)


class Bed:
    """One server of each sort, and the programs."""

    def __init__(self, stack):
        self.place = stack.enter_context(bed.folder())
        self.server = stack.enter_context(bed.postgres())
        self.port = bed.free_port()
        stack.enter_context(bed.process(["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "",
                                         "--appendonly", "yes", "--dir", self.place]))
        bed.wait_for_port(self.port)
        shutil.copytree(bed.ROOT / "bench/peers/jobs", self.place / "jobs",
                        ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=self.place / "jobs",
                       check=True)
        node = ["node", self.place / "jobs/main.mjs"]
        self.words = {US: [PROGRAM], US_KEPT: ["env", "HISTORY=1", PROGRAM], "graphile-worker": [*node, "graphile"], "pg-boss": [*node, "boss"],
                      "River": [bed.go_peer("river", self.place)], "BullMQ": [*node, "bullmq"]}

    def empty(self):
        """A database and a Redis with nothing in them."""
        for sql in ("DROP DATABASE IF EXISTS jobs WITH (FORCE)", "CREATE DATABASE jobs", "CHECKPOINT"):
            subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", self.server, "-c", sql], check=True,
                           stderr=subprocess.DEVNULL)
        subprocess.run(["redis-cli", "-p", str(self.port), "flushall"], check=True, stdout=subprocess.DEVNULL)

    def say(self, system, mode, *words):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.place),
               "DATABASE_URL": self.server.rpartition("/")[0] + "/jobs",
               "REDIS_URL": f"redis://127.0.0.1:{self.port}"}
        command = [str(word) for word in [*self.words[system], mode, *words]]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise RuntimeError(f"{system} {mode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def drained(bed_, system, count):
    """Jobs a second added at once, and run. Each exactly once, or there is no number."""
    added = count / bed_.say(system, "bulk", count)["seconds"]
    said = bed_.say(system, "drain", count)
    if (said["ran"], said["twice"]) != (count, 0):
        raise RuntimeError(f"{system} ran {said['ran']} of {count} jobs, {said['twice']} of them twice")
    return added, count / said["seconds"]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def round_of(bed_, system):
    bed_.empty()
    added, ran = drained(bed_, system, SOME)
    count = SINGLE if system in (US, US_KEPT) else SINGLE_PEER
    single = count / bed_.say(system, "single", count, CALLERS)["seconds"]
    bed_.empty()
    ms = bed_.say(system, "latency", SAMPLES)["ms"]
    return {"bulk": added, "drain": ran, "single": single, "p50": percentile(ms, 0.5), "p99": percentile(ms, 0.99)}


def many(bed_, system):
    bed_.empty()
    return drained(bed_, system, MANY)[1]


def beside_later(bed_):
    """Ours again, with a million jobs in the table that are due in a day."""
    bed_.empty()
    bed_.say(US, "later", MANY)
    added, ran = drained(bed_, US, SOME)
    single = SINGLE / bed_.say(US, "single", SINGLE, CALLERS)["seconds"]
    bed_.empty()
    bed_.say(US, "later", MANY)
    ms = bed_.say(US, "latency", SAMPLES)["ms"]
    return {"bulk": added, "drain": ran, "single": single, "p50": percentile(ms, 0.5), "p99": percentile(ms, 0.99)}


def cell(values, digits=0):
    return f"{bed.median(values):,.{digits}f} ({bed.spread(values, digits)})"


def verdict(values, goal, at_most=False):
    """Missed only when the whole spread lies beyond the goal."""
    met = min(values) <= goal if at_most else max(values) >= goal
    return "met" if met else "missed"


def report():
    with contextlib.ExitStack() as stack:
        bed_ = Bed(stack)
        rounds = {system: [] for system in SYSTEMS}
        for _ in range(ROUNDS):
            for system in SYSTEMS:
                rounds[system].append(round_of(bed_, system))
        millions = {system: [many(bed_, system)] for system in SYSTEMS}
        later = beside_later(bed_)
    of = lambda system, what: [each[what] for each in rounds[system]]
    rows = [[system, cell(of(system, "drain")), cell(millions[system]), cell(of(system, "bulk")),
             cell(of(system, "single")), f"{cell(of(system, 'p50'), 1)} / {cell(of(system, 'p99'), 1)}",
             COMMITTED[system]] for system in SYSTEMS]
    text = bed.table(["queue", f"jobs/s, {SOME:,} waiting", f"jobs/s, {MANY:,} waiting", "added many at a time, jobs/s",
                      f"added by {CALLERS} callers, jobs/s", "added until begun, ms, p50 / p99",
                      "committed when a job counts as done"], rows)
    best = {what: max(bed.median(of(system, what)) for system in SYSTEMS if system not in (US, US_KEPT))
            for what in ("drain", "bulk", "single")}
    goals = [
        ["no-op jobs/s, 100,000 waiting", "≥ 60,000", verdict(of(US, "drain"), 60_000)],
        ["no-op jobs/s, 1,000,000 waiting", "≥ 60,000", verdict(millions[US], 60_000)],
        ["ahead of every peer", f"≥ {best['drain']:,.0f}", verdict(of(US, "drain"), best["drain"])],
        ["added many at a time, jobs/s", "≥ 200,000", verdict(of(US, "bulk"), 200_000)],
        [f"added by {CALLERS} callers, jobs/s", "≥ 40,000", verdict(of(US, "single"), 40_000)],
        ["added until begun, p50", "≤ 2 ms", verdict(of(US, "p50"), 2, at_most=True)],
        ["added until begun, p99", "≤ 6 ms", verdict(of(US, "p99"), 6, at_most=True)],
    ]
    for what, title in (("drain", "jobs/s"), ("bulk", "added many at a time"), ("single", "added by callers")):
        ratio = later[what] / bed.median(of(US, what))
        goals.append([f"{title}, with {MANY:,} due in a day", "≥ 0.90 of without", f"{ratio:.2f}"])
    goals.append([f"added until begun, p50, with {MANY:,} due in a day", "≤ 1.10 of without",
                  f"{later['p50'] / bed.median(of(US, 'p50')):.2f}"])
    return text + "\n\n" + bed.table(["goal", "asked", "found"], goals)
