"""300 people sign in at once: what the node's memory grows by, who must ask again, and how long others wait."""

import collections
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import subprocess
import time

import bed
import tiny
import uploads

PEOPLE = 300
PASSWORD = "a password that is measured"
MIB_A_CORE = 20


def ask(port, path, body, **headers):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    with contextlib.closing(client):
        client.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = client.getresponse()
        answer.read()
        return answer.status, int(answer.headers.get("Retry-After", "0"))


def address(number):
    """Each comes from a network of their own, as three hundred people do."""
    return f"198.51.{number // 250}.{number % 250 + 1}"


def sign_in(port, number):
    """How often until it was done, the seconds it took, and statuses on the way."""
    began, statuses = time.monotonic(), []
    while True:
        status, wait = ask(port, "/v1/auth/login", {"email": f"p{number}@example.com", "password": PASSWORD},
                           **{"X-Forwarded-For": address(number)})
        statuses.append(status)
        if status != 503:
            return time.monotonic() - began, statuses
        time.sleep(wait)


@contextlib.contextmanager
def node(env):
    env = {**env, "PORT": str(bed.free_port()), "METRICS_PORT": str(bed.free_port())}
    with bed.process([bed.ACME, "serve"], env=env) as server:
        bed.wait_for(f"http://127.0.0.1:{env['PORT']}/readyz")
        yield int(env["PORT"]), env, server.pid


def invite(env):
    with node(env) as (port, own, _):
        cookie = uploads.cookie_of(own)
        for number in range(PEOPLE):
            body = {"email": f"p{number}@example.com", "name": f"Person {number}", "password": PASSWORD}
            status, _ = ask(port, "/v1/admin/users", body, Cookie=cookie)
            if status != 201:
                raise RuntimeError(f"an account was answered {status}")


@contextlib.contextmanager
def passer_by(port):
    """Asks for what needs no password, one request after the other: how long one of them waits, as wrk says it."""
    said = {}
    words = ["wrk", "-t1", "-c1", "-d3s", "--latency", f"http://127.0.0.1:{port}/healthz"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as asks:
        yield said
        text = asks.communicate()[0]
    said.update(re.findall(r"(50|99)%\s+(\S+)", text))


def report():
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        database, redis = stack.enter_context(bed.postgres()), stack.enter_context(bed.redis())
        env = tiny.acme_env(database, redis, place) | {
            "ACME_THREADS": str(os.cpu_count()), "TRUSTED_PROXIES": "127.0.0.1"}
        invite(env)
        port, _, pid = stack.enter_context(node(env))
        before = bed.resident_bytes(pid) / 2**20
        with passer_by(port) as waited, concurrent.futures.ThreadPoolExecutor(PEOPLE) as pool:
            done = list(pool.map(lambda number: sign_in(port, number), range(PEOPLE)))
        grown = uploads.peak_mib(pid) - before
    counts = collections.Counter(status for _, statuses in done for status in statuses)
    last = sorted(seconds for seconds, _ in done)
    goal = MIB_A_CORE * os.cpu_count()
    signed_in = sum(statuses[-1] == 200 for _, statuses in done)
    rows = [[f"{signed_in} of {PEOPLE}", ", ".join(f"{status}: {count}" for status, count in sorted(counts.items())),
             f"{bed.median(last):.1f}", f"{last[-1]:.1f}", f"{before:.0f}", f"{grown:.0f}",
             f"≤ {goal}: {'met' if grown <= goal and signed_in == PEOPLE else 'missed'}"]]
    text = bed.table(["signed in", "answers", "median s", "longest s", "MiB before", "grown by MiB", "goal"], rows)
    return text + (f"\n\nMeanwhile somebody who asked for `/healthz` was answered within {waited['50']} (median) and "
                   f"{waited['99']} (99th percentile).")
