"""64 uploads of 50 MiB at once through one node into versitygw, beside a Go proxy to the AWS SDK."""

import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

import bed
import tiny

RUNS = 3
UPLOADS = 64
BYTES = 50 * 2**20
MEMORY_MAX = 260
GATEWAY = bed.ROOT / ".acme/tools/versitygw@1.8.0/versitygw"
KEYS = {"AWS_ACCESS_KEY_ID": "bench-access", "AWS_SECRET_ACCESS_KEY": "bench-secret-key"}
BUCKET = "bench"


@contextlib.contextmanager
def gateway(place):
    """Its endpoint. What it stores lies in `place`/buckets."""
    for part in ("iam", "buckets/" + BUCKET):
        (place / part).mkdir(parents=True)
    port = bed.free_port()
    words = [GATEWAY, "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"],
             "--port", f"127.0.0.1:{port}", "--iam-dir", place / "iam", "posix", place / "buckets"]
    with bed.process(words):
        bed.wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def cookie_of(env):
    """A session of the administrator, begun as he would: by a sign-in link."""
    said = subprocess.run([bed.ACME, "admin", "link"], env=env, check=True, capture_output=True, text=True).stdout
    token = re.search(r"#token=(\S+)", said).group(1)
    body = b'{"token":"' + urllib.parse.unquote(token).encode() + b'"}'
    asked = urllib.request.Request(f"http://127.0.0.1:{env['PORT']}/v1/auth/link", body,
                                   {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        return answer.headers["Set-Cookie"].partition(";")[0]


def upload(port, headers, path):
    """One file; what is refused for now (503) is sent again when the answer says so."""
    while (wait := send(port, headers, path)) is not None:
        time.sleep(wait)


def send(port, headers, path):
    """By sendfile(2): the load takes as little of the machine as it can. None, or seconds to wait."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    client.putrequest("POST", f"/v1/files?name={path.name}")
    for name, value in {"Content-Type": "application/octet-stream", "Content-Length": BYTES, **headers}.items():
        client.putheader(name, str(value))
    client.endheaders()
    with contextlib.closing(client), path.open("rb") as file:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused half-way: see below
            client.sock.sendfile(file)
        answer = client.getresponse()
        said = answer.read()
    if answer.status == 503 and "Retry-After" in answer.headers:
        return int(answer.headers["Retry-After"])
    if answer.status != 201:
        raise RuntimeError(f"an upload was answered {answer.status}: {said[:300]}")


def run(port, headers, path):
    """MiB a second of all uploads together."""
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(UPLOADS) as pool:
        for done in [pool.submit(upload, port, headers, path) for _ in range(UPLOADS)]:
            done.result()
    return UPLOADS * BYTES / 2**20 / (time.monotonic() - began)


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def empty(buckets):
    """Between two runs, so that the disk holds at most one of them."""
    for each in (buckets / BUCKET).iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def start(stack, place):
    """name -> (port, headers, pid)"""
    database, redis = stack.enter_context(bed.postgres()), stack.enter_context(bed.redis())
    endpoint = stack.enter_context(gateway(place))
    env = tiny.acme_env(database, redis, place) | KEYS
    env |= {"ACME_THREADS": str(os.cpu_count())}  # as many as Go takes by itself
    env |= {"S3_ENDPOINT": endpoint, "S3_BUCKET": BUCKET, "S3_FORCE_PATH_STYLE": "true"}
    acme = stack.enter_context(bed.process([bed.ACME, "serve"], env=env))
    bed.wait_for(f"http://127.0.0.1:{env['PORT']}/readyz")
    servers = {"acme": (int(env["PORT"]), {"Cookie": cookie_of(env)}, acme.pid)}
    peer = bed.go_peer("uploads", place)
    for how, title in {"manager": "Go, upload manager", "put": "Go, one PutObject, not signed"}.items():
        port = bed.free_port()
        go = stack.enter_context(bed.process([peer, f"127.0.0.1:{port}", endpoint, BUCKET, how],
                                             env={"PATH": os.environ["PATH"], **KEYS}))
        bed.wait_for_port(port)
        servers[title] = (port, {}, go.pid)
    return servers


def measure():
    """name -> (MiB/s of each run, CPU seconds of each run, peak MiB)"""
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(bed.folder())
        servers = start(stack, place)
        path = place / "body.bin"
        path.write_bytes(os.urandom(BYTES))
        rates = {name: [] for name in servers}
        cpu = {name: [] for name in servers}
        for _ in range(RUNS):
            for name, (port, headers, pid) in servers.items():
                before = bed.cpu_seconds(pid)
                rates[name].append(run(port, headers, path))
                cpu[name].append(bed.cpu_seconds(pid) - before)
                empty(place / "buckets")
        return {name: (rates[name], cpu[name], peak_mib(pid)) for name, (_, _, pid) in servers.items()}


def report():
    results = measure()
    ours = results["acme"]
    rows = []
    for name, (rates, cpu, peak) in results.items():
        ratios = [one / other for one, other in zip(ours[0], rates)]
        verdict = "" if name == "acme" else f"≥ 1: {'met' if max(ratios) >= 1 else 'missed'}"
        rows.append([name, f"{bed.median(rates):,.0f}", bed.spread(rates), f"{bed.median(cpu):.1f}", f"{peak:.0f}",
                     f"{bed.median(ratios):.2f} ({bed.spread(ratios, 2)})", verdict])
    head = [f"{UPLOADS} uploads of {BYTES >> 20} MiB, {RUNS} runs", "MiB/s", "spread", "CPU s a run", "peak MiB",
            "acme to it", "goal"]
    verdict = "met" if ours[2] <= MEMORY_MAX else "missed"
    return bed.table(head, rows) + f"\n\nMemory of the node ≤ {MEMORY_MAX} MiB: {verdict}."
