"""How long a fetch takes at 2,000 jobs a second, while somebody holds a snapshot open for ten minutes and nothing that is
deleted can be cleaned away: in each ten seconds, the median of the statement that finishes jobs and claims others."""

import contextlib
import json
import os
import subprocess

import bed
import jobs

SECONDS, RATE = 600, 2_000
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
        said = subprocess.run([jobs.PROGRAM, "steady", str(SECONDS), str(RATE)], env=env, check=True,
                              capture_output=True, text=True).stdout
        dead = subprocess.run(["psql", "-Atc", "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'jobs'", server],
                              check=True, capture_output=True, text=True).stdout
    ms = json.loads(said.splitlines()[-1])["fetch_ms"]
    first, last = bed.median(ms[:3]), bed.median(ms[-3:])
    verdict = "met" if last <= first * RATIO_MAX else "missed"
    return bed.table(["fetch in the first 30 s, ms", "in the last 30 s", "worst 10 s", "dead rows at the end", "goal"],
                     [[f"{first:.2f}", f"{last:.2f}", f"{max(ms):.2f}", f"{int(dead):,}", f"≤ {RATIO_MAX} ×: {verdict}"]])
