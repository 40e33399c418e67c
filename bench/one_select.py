"""One SELECT by primary key, everything on, beside Go's net/http with pgx on the same PostgreSQL."""

import contextlib
import subprocess

import bed
import tiny

RUNS = 5
ROWS = """
CREATE TABLE bench_rows (id bigint PRIMARY KEY, title text NOT NULL, made_at timestamptz NOT NULL);
INSERT INTO bench_rows SELECT n, 'Row number ' || n, now() FROM generate_series(1, 10000) AS n;
ANALYZE bench_rows;
"""


def start(stack, place):
    """name -> (url, pid). The servers have one core, PostgreSQL and the load the other."""
    database = stack.enter_context(bed.postgres(bed.LOAD_CPU))
    redis = stack.enter_context(bed.redis())
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", database], input=ROWS, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    env = tiny.acme_env(database, redis, place)
    acme = stack.enter_context(bed.process([bed.APPLICATION], bed.SERVER_CPU, env=env))
    port = bed.free_port()
    peer = bed.go_peer("select", place)
    go = stack.enter_context(bed.process([peer, f"127.0.0.1:{port}", database], bed.SERVER_CPU,
                                         env={"PATH": "/usr/bin:/bin", "GOMAXPROCS": "1"}))
    servers = {
        "acme, log + metrics + unsampled trace": (f"http://127.0.0.1:{env['PORT']}/rows/4711", acme.pid),
        "Go net/http + pgx, nothing on": (f"http://127.0.0.1:{port}/rows/4711", go.pid),
    }
    for url, _ in servers.values():
        bed.wait_for(url)
    return servers


def report():
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        runs = bed.interleaved(start(stack, place), RUNS)
    ours, peer = runs.values()
    by_rate = [one.rate / other.rate for one, other in zip(ours, peer)]
    by_cpu = [other.cpu / one.cpu for one, other in zip(ours, peer)]
    rows = []
    for name, each in runs.items():
        rows.append([name, f"{bed.median([run.rate for run in each]):,.0f}",
                     bed.spread([run.rate for run in each]), f"{bed.median([run.cpu for run in each]):.1f}"])
    text = bed.table(["64 connections, one thread", "req/s", "spread", "CPU us a request"], rows)
    return text + (f"\n\n{bed.median(by_rate):.2f} ({bed.spread(by_rate, 2)}) times as many requests, by CPU "
                   f"{bed.median(by_cpu):.2f} ({bed.spread(by_cpu, 2)}). Goal ≥ 2.5: "
                   f"{'met' if max(by_rate) >= 2.5 else 'missed'}.")
