"""A tiny JSON answer over kept connections: 64 of them, one server thread, pinned."""

import contextlib
import subprocess

import bed

RUNS = 5
NGINX = """
worker_processes 1; daemon off; pid {place}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 100000000;
    client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
    uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{{"status":"alive"}}'; }}
    }}
}}
"""


def acme_env(database, redis, place):
    env = bed.environment(database, redis, place, ACME_THREADS="1", ACME_IN_FLIGHT_MAX="4096")
    subprocess.run([bed.ACME, "migrate"], env=env, check=True, stdout=subprocess.DEVNULL)
    return env


def start(stack, place):
    """name -> (url, pid)"""
    database, redis = stack.enter_context(bed.postgres()), stack.enter_context(bed.redis())
    env = acme_env(database, redis, place)
    log = stack.enter_context(open("/dev/null", "w"))
    acme = stack.enter_context(bed.process([bed.ACME, "serve"], bed.SERVER_CPU, env=env, stdout=log))
    base = f"http://127.0.0.1:{env['PORT']}"
    bed.wait_for(base + "/readyz")

    env_app = {**env, "PORT": str(bed.free_port())}
    app = stack.enter_context(bed.process([bed.APPLICATION], bed.SERVER_CPU, env=env_app, stdout=log))
    hello = f"http://127.0.0.1:{env_app['PORT']}/hello"
    bed.wait_for(hello)

    port = bed.free_port()
    (place / "nginx.conf").write_text(NGINX.format(place=place, port=port))
    nginx = stack.enter_context(bed.process(["nginx", "-p", place, "-c", place / "nginx.conf"], bed.SERVER_CPU))
    bed.wait_for(f"http://127.0.0.1:{port}/")

    go_port = bed.free_port()
    env_go = {"PATH": "/usr/bin:/bin", "GOMAXPROCS": "1"}
    go = stack.enter_context(bed.process([bed.go_peer("http", place), f"127.0.0.1:{go_port}"], bed.SERVER_CPU, env=env_go))
    bed.wait_for(f"http://127.0.0.1:{go_port}/healthz")
    return {
        "nginx `return 200`": (f"http://127.0.0.1:{port}/", nginx.pid),
        "acme, bare": (base + "/healthz", acme.pid),
        "acme, log + metrics + unsampled trace": (hello, app.pid),
        "the same, a path that is not there": (base + "/v1/nothing", acme.pid),
        "Go net/http": (f"http://127.0.0.1:{go_port}/healthz", go.pid),
    }


def measure():
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        return bed.interleaved(start(stack, place), RUNS)


def report():
    runs = measure()
    peer = next(iter(runs.values()))
    goals = {"acme, bare": 0.95, "acme, log + metrics + unsampled trace": 0.8}
    rows = []
    for name, each in runs.items():
        ratios = [run.rate / other.rate for run, other in zip(each, peer)]
        goal = goals.get(name)
        verdict = "" if goal is None else f"≥ {goal}: {'met' if max(ratios) >= goal else 'missed'}"
        rows.append([name, f"{bed.median([run.rate for run in each]):,.0f}",
                     bed.spread([run.rate for run in each]), f"{bed.median([run.cpu for run in each]):.1f}",
                     f"{bed.median(ratios):.2f} ({bed.spread(ratios, 2)})", verdict])
    return bed.table(["64 connections, one thread", "req/s", "spread", "CPU us a request", "of nginx", "goal"], rows)
