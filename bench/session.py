"""A request in a session, counted against its user's limit, with one SELECT: beside Go and Node.

A thousand people ask by turns. Then, at a steady rate, what session and limit add to the SELECT alone.
"""

import base64
import contextlib
import datetime
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import uuid

import bed
import one_select
import tiny

RUNS = 5
PEOPLE = 1_000
RATE = 1_000  # requests a second, of the steady part
SECONDS = 10
VEGETA = "v12.13.0"
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"

PERSON = """
INSERT INTO users (id, email, email_norm, name, created_at, updated_at)
SELECT id, 'p' || n || '@example.com', 'p' || n || '@example.com', 'Person ' || n, now(), now() FROM people;
INSERT INTO orgs (id, name, created_at) SELECT id, 'Organization ' || n, now() FROM people;
INSERT INTO memberships (org_id, user_id, role, created_at) SELECT id, id, 'owner', now() FROM people;
INSERT INTO sessions (id, org_id, user_id, token_hash, token_epoch, method, user_agent, ip, created_at, last_seen_at,
                      expires_at)
SELECT id, id, id, hash, 1, 'password', 'bench', '127.0.0.1', now(), now(), now() + interval '14 days' FROM people;
ANALYZE;
"""


def base32(number):
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(26)))


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def people(database, redis_url):
    """The cookies of people who have signed in, as the product and its peers each keep them."""
    cookies, rows, commands = [], [], []
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(PEOPLE):
        person = uuid.uuid4()
        cookie = f"v1.usr_{base32(person.int)}.{base64url(secrets.token_bytes(32))}"
        digest = hashlib.sha256(cookie.encode()).digest()
        cookies.append(f"acme_session={cookie}")
        rows.append(f"{number}\t{person}\t{base64url(digest)}")
        live = json.dumps({"user": str(person), "org": str(person), "role": "owner", "expires_at": end})
        commands.append(["SET", f"peer:session:{digest.hex()}", live])
    sql = ("CREATE TEMP TABLE people (n int, id uuid, hash text);\nCOPY people FROM stdin;\n" + "\n".join(rows)
           + "\n\\.\n" + PERSON)
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", database], input=sql, text=True, check=True)
    wire = "".join(f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words) for words in commands)
    subprocess.run(["redis-cli", "-u", redis_url, "--pipe"], input=wire, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    return cookies


def fastify(place):
    """The command of the peer on Node."""
    shutil.copytree(bed.ROOT / "bench/peers/fastify", place / "fastify")
    subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=place / "fastify", check=True)
    return ["node", place / "fastify/main.mjs"]


def start(stack, place):
    """name -> (url, pid); the url of the SELECT alone. The servers have one core, PostgreSQL, Redis and the load
    the other."""
    database = stack.enter_context(bed.postgres(bed.LOAD_CPU))
    redis = stack.enter_context(bed.redis(bed.LOAD_CPU))
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", database], input=one_select.ROWS, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    env = tiny.acme_env(database, redis, place)
    (place / "cookies").write_text("\n".join(people(database, redis)) + "\n")
    acme = stack.enter_context(bed.process([bed.APPLICATION], bed.SERVER_CPU, env=env))
    base = f"http://127.0.0.1:{env['PORT']}"
    bed.wait_for(f"{base}/hello")
    servers = {"acme, log + metrics + unsampled trace": (f"{base}/my/rows/4711", acme.pid)}
    peers = {
        "Go net/http + pgx + go-redis, nothing on":
            lambda port: [bed.go_peer("session", place), f"127.0.0.1:{port}", database, redis],
        "Node fastify + pg + ioredis, nothing on": lambda port: [*fastify(place), port, database, redis],
    }
    for name, words in peers.items():
        port = bed.free_port()
        peer = stack.enter_context(bed.process(words(port), bed.SERVER_CPU,
                                               env={"PATH": os.environ["PATH"], "GOMAXPROCS": "1"}))
        bed.wait_for(f"http://127.0.0.1:{port}/healthz")
        servers[name] = (f"http://127.0.0.1:{port}/my/rows/4711", peer.pid)
    return servers, f"{base}/rows/4711"


def vegeta(place):
    subprocess.run(["go", "install", f"github.com/tsenart/vegeta/v12@{VEGETA}"], check=True,
                   env={**os.environ, "GOBIN": str(place), "GOFLAGS": "-buildvcs=false"})
    return place / "vegeta"


def steady(program, place, url, cookies):
    """p50 and p99 in ms of RATE requests a second, whether or not the ones before were answered."""
    targets = place / "targets"
    targets.write_text("\n".join(f"GET {url}\nCookie: {cookie}\n" for cookie in cookies))
    command = (f"taskset -c {bed.LOAD_CPU} {program} attack -rate={RATE} -duration={SECONDS}s -targets={targets} "
               f"-connections=64 -max-workers=64 | {program} report -type=json")
    said = json.loads(subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout)
    if said["success"] != 1:
        raise RuntimeError(f"{url} answered {said['status_codes']}")
    return said["latencies"]["50th"] / 1e6, said["latencies"]["99th"] / 1e6


def report():
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        servers, alone = start(stack, place)
        os.environ["BENCH_COOKIES"] = str(place / "cookies")
        for url, pid in servers.values():  # nobody is sent away, and everything is warm
            if "Non-2xx" in bed.wrk_says(url, 2, "-s", bed.ROOT / "bench/rotate.lua"):
                raise RuntimeError(f"{url} refuses")
        runs = bed.interleaved(servers, RUNS, "-s", bed.ROOT / "bench/rotate.lua")
        program, cookies = vegeta(place), (place / "cookies").read_text().split()
        ours = next(iter(servers.values()))[0]
        added = []
        for _ in range(RUNS):
            without, within = steady(program, place, alone, cookies), steady(program, place, ours, cookies)
            added.append((within[0] - without[0], within[1] - without[1]))
    rows = []
    first = next(iter(runs.values()))
    for (name, each), goal in zip(runs.items(), (None, 2, 3)):
        ratios = [one.rate / other.rate for one, other in zip(first, each)]
        by_cpu = [other.cpu / one.cpu for one, other in zip(first, each)]
        verdict = "" if goal is None else f"≥ {goal}: {'met' if max(ratios) >= goal else 'missed'}"
        rows.append([name, f"{bed.median([run.rate for run in each]):,.0f}", bed.spread([run.rate for run in each]),
                     f"{bed.median([run.cpu for run in each]):.1f}",
                     f"{bed.median(ratios):.2f} ({bed.spread(ratios, 2)})", f"{bed.median(by_cpu):.2f}", verdict])
    text = bed.table([f"64 connections, one thread, {PEOPLE:,} people", "req/s", "spread", "CPU us a request",
                      "acme to it", "by CPU", "goal"], rows)
    p50, p99 = [one for one, _ in added], [other for _, other in added]
    return text + (
        f"\n\nAt {RATE:,} requests a second, session and limit add {bed.median(p50):.2f} ms ({bed.spread(p50, 2)}) to "
        f"the median and {bed.median(p99):.2f} ms ({bed.spread(p99, 2)}) to the 99th percentile. Goals ≤ 0.3 and ≤ "
        f"1.5 ms: {'met' if min(p50) <= 0.3 else 'missed'}, {'met' if min(p99) <= 1.5 else 'missed'}.")
