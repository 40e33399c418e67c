"""100 flags for one context over HTTP: OFREP beside Unleash's server and Unleash Edge, 16 connections each.

The server under test has one core, everything else the other one.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request

import bed
import tiny

RUNS = 5
CONNECTIONS = 16
UNLEASH, EDGE = "unleash-server@8.2.0", "unleash-edge@19.15.1"
SWAGGER = "swagger-ui-dist@5.17.14"
TOKEN = "default:development.0123456789abcdef"  # of the peers, whose own it is to choose
ADMIN_TOKEN = "*:*.0123456789abcdef"
CONTEXT = {"userId": "user-1003", "org_id": "org-900", "region": "eu-west-1"}
QUERY = "userId=user-1003&properties[org_id]=org-900&properties[region]=eu-west-1"


def edge_program():
    """Unleash Edge, which is compiled once and kept; None where there is no Rust."""
    place = bed.ROOT / ".acme/tools" / EDGE
    program = place / "bin/unleash-edge"
    if program.exists():
        return program
    if shutil.which("cargo") is None:
        return None
    with bed.folder() as packed:
        subprocess.run(["npm", "pack", "--silent", SWAGGER], cwd=packed, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["npm", "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error", SWAGGER],
                       cwd=packed, check=True)
        # What its build unpacks is GitHub's archive: one folder, with dist in it.
        folder = packed / f"swagger-ui-{SWAGGER.rpartition('@')[2]}"
        shutil.copytree(packed / "node_modules/swagger-ui-dist", folder / "dist")
        archive = shutil.make_archive(str(packed / "swagger"), "zip", packed, folder.name)
        subprocess.run(["cargo", "install", "--locked", "--quiet", "--root", place, EDGE], check=True,
                       env={**os.environ, "SWAGGER_UI_DOWNLOAD_URL": f"file://{archive}"})
    return program


def printed(peers, what):
    """The fixture in the words of a system."""
    return subprocess.run(["node", peers / "print.mjs", what], check=True, capture_output=True, text=True).stdout


def asked(url, headers=None, data=None):
    request = urllib.request.Request(url, data, headers or {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers, json.load(answer)


def start_acme(stack, peers):
    place = stack.enter_context(bed.folder())
    database, redis = stack.enter_context(bed.postgres(bed.LOAD_CPU)), stack.enter_context(bed.redis(bed.LOAD_CPU))
    env = {**tiny.acme_env(database, redis, place), "ENABLE_FEATURE_FLAGS": "true"}

    def run(*words):
        return subprocess.run([bed.ACME, *words], env=env, check=True, capture_output=True, text=True).stdout

    file = place / "features.json"
    file.write_text(printed(peers, "unleash"))
    run("flags", "import", str(file), "--from", "unleash", "--environment", "production", "--reason", "bench")
    run("accounts", "create", "--email", "bench@example.com", "--name", "Bench")
    made = run("keys", "create", "--email", "bench@example.com", "--name", "bench", "--scopes", "flags:read", "--json")
    acme = stack.enter_context(bed.process([bed.ACME, "serve"], bed.SERVER_CPU, env=env))
    base = f"http://127.0.0.1:{env['PORT']}"
    bed.wait_for(base + "/readyz")
    return base, acme.pid, "Bearer " + json.loads(made)["key"]


def unleash_program(peers):
    """Installed beside the others when it is first wanted: it is many packages."""
    folder = peers.parent / UNLEASH
    if not folder.exists():
        folder.mkdir()
        subprocess.run(["npm", "install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error", UNLEASH], cwd=folder,
                       check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules/unleash-server/dist/server.js"


def start_unleash(stack, peers):
    place = stack.enter_context(bed.folder())
    (place / "export.json").write_text(printed(peers, "unleashExport"))
    database, port = stack.enter_context(bed.postgres(bed.LOAD_CPU)), bed.free_port()
    ample = "1000000000"
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": database, "DATABASE_SSL": "false", "HTTP_PORT": str(port),
           "HTTP_HOST": "127.0.0.1", "NODE_ENV": "production", "CHECK_VERSION": "false", "SEND_TELEMETRY": "false",
           "INIT_FRONTEND_API_TOKENS": TOKEN, "INIT_ADMIN_API_TOKENS": ADMIN_TOKEN,
           "IMPORT_FILE": str(place / "export.json"), "IMPORT_PROJECT": "default", "IMPORT_ENVIRONMENT": "development",
           "SDK_API_RATE_LIMIT_PER_MINUTE": ample, "TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE": ample}
    server = stack.enter_context(bed.process(["node", unleash_program(peers)], bed.SERVER_CPU, env=env))
    base = f"http://127.0.0.1:{port}"
    bed.wait_for(base + "/health", 120)
    return base, server.pid


def start_edge(stack, program, peers):
    place = stack.enter_context(bed.folder())
    (place / "bootstrap.json").write_text(printed(peers, "unleash"))
    port = bed.free_port()
    words = [program, "--interface", "127.0.0.1", "--port", port, "--workers", "1", "offline", "--bootstrap-file",
             place / "bootstrap.json", "--tokens", TOKEN, "--frontend-tokens", TOKEN]
    server = stack.enter_context(bed.process(words, bed.SERVER_CPU, env={"PATH": os.environ["PATH"]}))
    base = f"http://127.0.0.1:{port}"
    bed.wait_for(base + "/internal-backstage/health", 30)
    return base, server.pid


def latency_ms(said, share):
    number, unit = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)\b", said).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measured(url, pid, options, seconds=4):
    before = bed.cpu_seconds(pid)
    said = bed.wrk_says(url, seconds, "--latency", *options, connections=CONNECTIONS)
    if "Non-2xx" in said:
        raise RuntimeError(f"{url} refuses:\n{said}")
    count = int(re.search(r"(\d+) requests in", said).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    cpu = (bed.cpu_seconds(pid) - before) * 1e6 / max(count, 1)
    return {"rate": rate, "cpu": cpu, "p50": latency_ms(said, 50), "p99": latency_ms(said, 99)}


def told(url, count):
    """What is on there. Who has just imported answers as before for some seconds."""
    began = time.monotonic()
    while True:
        names = [toggle["name"] for toggle in asked(url, {"Authorization": TOKEN})[1]["toggles"]]
        if len(names) == count or time.monotonic() - began > 30:
            return names
        time.sleep(0.2)


def alike(answers):
    """How many flags are on, which all must agree on."""
    numbers = {name: len(on) for name, on in answers.items()}
    if len({frozenset(on) for on in answers.values()}) != 1:
        raise RuntimeError(f"the systems do not agree on what is on: {numbers}")


def start(stack, peers):
    """name -> (url, pid, options of wrk), after all of them said that the same flags are on for the context."""
    base, pid, token = start_acme(stack, peers)
    body = json.dumps({"context": {"targetingKey": "user-1003", "user_id": "user-1003", **CONTEXT}})
    os.environ.update(BENCH_TOKEN=token, BENCH_BODY=body)
    bulk = f"{base}/ofrep/v1/evaluate/flags"
    headers = {"Authorization": token, "Content-Type": "application/json"}
    _, said = asked(bulk, headers, body.encode())
    on = {"acme": [flag["key"] for flag in said["flags"] if flag.get("value") is True]}
    ruleset = f"{base}/v1/flags/ruleset"
    etag = asked(ruleset, headers)[0]["ETag"]
    servers = {
        "acme, OFREP bulk": (bulk, pid, ["-s", bed.ROOT / "bench/bulk.lua"]),
        "acme, rule set unchanged (304)": (ruleset, pid, ["-H", f"Authorization: {token}", "-H", f"If-None-Match: {etag}"]),
    }
    others = {UNLEASH: lambda: start_unleash(stack, peers)}
    if program := edge_program():
        others[EDGE] = lambda: start_edge(stack, program, peers)
    for name, begin in others.items():
        base, pid = begin()
        url = f"{base}/api/frontend?{QUERY}"
        on[name] = told(url, len(on["acme"]))
        servers[name] = (url, pid, ["-H", f"Authorization: {TOKEN}"])
    alike(on)
    return servers


def report(peers):
    with contextlib.ExitStack() as stack:
        servers = start(stack, peers)
        runs = {name: [] for name in servers}
        for url, pid, options in servers.values():
            measured(url, pid, options, seconds=1)
        for _ in range(RUNS):
            for name, (url, pid, options) in servers.items():
                runs[name].append(measured(url, pid, options))
    goals = {"acme, OFREP bulk": (50_000, 2), "acme, rule set unchanged (304)": (40_000, None)}
    rows = []
    ours = runs["acme, OFREP bulk"]
    for name, each in runs.items():
        rate, p99 = [run["rate"] for run in each], [run["p99"] for run in each]
        ratios = [one["rate"] / other["rate"] for one, other in zip(ours, each)]
        goal_rate, goal_p99 = goals.get(name, (None, None))
        verdicts = [] if goal_rate is None else [f"≥ {goal_rate:,}: {'met' if max(rate) >= goal_rate else 'missed'}"]
        if goal_p99 is not None:
            verdicts.append(f"p99 ≤ {goal_p99}: {'met' if min(p99) <= goal_p99 else 'missed'}")
        if name == EDGE:
            verdicts.append(f"acme ≥ 8 x: {'met' if max(ratios) >= 8 else 'missed'}")
        rows.append([name, f"{bed.median(rate):,.0f}", bed.spread(rate), f"{bed.median([r['p50'] for r in each]):.2f}",
                     f"{bed.median(p99):.2f} ({bed.spread(p99, 2)})", f"{bed.median([r['cpu'] for r in each]):.1f}",
                     f"{bed.median(ratios):.2f}", ", ".join(verdicts)])
    text = bed.table([f"100 flags, {CONNECTIONS} connections, one thread", "req/s", "spread", "p50 ms", "p99 ms",
                      "CPU us a request", "acme's bulk to it", "goal"], rows)
    return text if EDGE in servers else text + "\n\nUnleash Edge is not in it: there is no Rust here to build it."
