"""How long a fetch takes at 2,000 jobs a second, while somebody holds a snapshot open for ten minutes, or for as many as
ACME_BENCH_MINUTES says, and nothing that is deleted can be cleaned away: in each ten seconds, the median of the statement
that finishes jobs and claims others."""

import contextlib
import json
import os
import subprocess

import bed
import jobs

MINUTES = int(os.environ.get("ACME_BENCH_MINUTES", "10"))
RATE = 2_000
RATIO_MAX = 2


def report():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(bed.postgres())
        env = {"PATH": os.environ["PATH"], "DATABASE_URL": server}
        subprocess.run([jobs.PROGRAM, "bulk", "1"], env=env, check=True, stdout=subprocess.DEVNULL)  # the tables
        subprocess.run([jobs.PROGRAM, "drain", "1"], env=env, check=True, stdout=subprocess.DEVNULL)
        holder = subprocess.Popen(["psql", "-q", server], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        stack.callback(holder.wait)
        stack.callback(holder.stdin.close)
        holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs;\n")
        holder.stdin.flush()
        said = subprocess.run([jobs.PROGRAM, "steady", str(MINUTES * 60), str(RATE)], env=env, check=True,
                              capture_output=True, text=True).stdout
        dead = subprocess.run(["psql", "-Atc", "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'jobs'", server],
                              check=True, capture_output=True, text=True).stdout
    ms = json.loads(said.splitlines()[-1])["fetch_ms"]
    first = bed.median(ms[:3])
    rows = []
    for minute in sorted({min(10, MINUTES), MINUTES}):
        until_then = ms[:minute * 6]
        last = bed.median(until_then[-3:])
        verdict = "met" if last <= first * RATIO_MAX else "missed"
        rows.append([str(minute), f"{first:.2f}", f"{last:.2f}", f"{max(until_then):.2f}", f"≤ {RATIO_MAX} ×: {verdict}"])
    return bed.table(["minutes", "fetch in the first 30 s, ms", "in the last 30 s", "worst 10 s", "goal"], rows) + \
        f"\n\nDead rows at the end: {int(dead):,}."
