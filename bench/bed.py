"""What a benchmark stands on: servers started and stopped by process id, load, and the table."""

import contextlib
import dataclasses
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("ACME_BENCH_PRESET", "release")  # another only to try a benchmark
ACME = ROOT / f"build/{PRESET}/acme"
APPLICATION = ROOT / f"build/{PRESET}/acme-bench"  # bench/app: two routes, and the product's parts
SERVER_CPU, LOAD_CPU = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def folder(owner=None):
    path = pathlib.Path(tempfile.mkdtemp(prefix="acme-bench-"))
    if owner:
        shutil.chown(path, owner)
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def process(words, cpu=None, user=None, env=None, stdout=subprocess.DEVNULL):
    pin = ["taskset", "-c", cpu] if cpu else []
    child = subprocess.Popen(pin + [str(word) for word in words], user=user, env=env,
                             stdout=stdout, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(url, seconds=20):
    """Seconds until `url` answers 200."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.002)
    raise RuntimeError(f"{url} does not answer")


def wait_for_port(port, seconds=20):
    """Until somebody listens."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise RuntimeError(f"nobody listens on port {port}")


@contextlib.contextmanager
def postgres(cpu=None):
    """A cluster of its own; PostgreSQL refuses root, so root lends it the package's user."""
    programs = max(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda p: float(p.name)) / "bin"
    user = "postgres" if os.geteuid() == 0 else None
    name = user or pwd.getpwuid(os.geteuid()).pw_name
    with folder(user) as place:
        data, port = place / "data", free_port()
        subprocess.run([programs / "initdb", "-D", data, "-A", "trust", "-U", "acme"], user=user,
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        words = [programs / "postgres", "-D", data, "-p", port, "-h", "127.0.0.1", "-k", place]
        with process(words, cpu, user=user):
            for _ in range(200):
                if subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0:
                    break
                time.sleep(0.05)
            else:
                raise RuntimeError(f"PostgreSQL of {name} does not start")
            yield f"postgres://acme@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis(cpu=None):
    port = free_port()
    with process(["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""], cpu):
        yield f"redis://127.0.0.1:{port}"


def environment(database, redis_url, place, **more):
    """What `acme serve` needs to run here, and nothing of the caller's."""
    return {
        "PATH": os.environ["PATH"], "DATABASE_URL": database, "REDIS_URL": redis_url,
        "S3_BUCKET": "bench", "S3_REGION": "us-east-1", "S3_ENDPOINT": f"file://{place}",
        "SECRET_KEY": "0123456789abcdef" * 4, "PORT": str(free_port()),
        "METRICS_PORT": str(free_port()), "ACME_HOME": str(place), "RATE_LIMIT_PER_MIN": "1000000", **more,
    }


def go_peer(name, place):
    """bench/peers/<name>, built."""
    program = place / f"peer-{name}"
    subprocess.run(["go", "build", "-o", program, "."], cwd=ROOT / "bench/peers" / name, check=True)
    return program


def cpu_seconds(pid):
    """Of the process and its children."""
    total = 0
    pids = [pid]
    while pids:
        each = pids.pop()
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
            children = pathlib.Path(f"/proc/{each}/task/{each}/children").read_text().split()
            pids += [int(child) for child in children]
    return total / TICKS


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass
class Run:
    rate: float  # requests a second
    cpu: float   # microseconds of the server's CPU a request


def wrk_says(url, seconds, *options, connections=64):
    return subprocess.run(["taskset", "-c", LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url],
                          check=True, capture_output=True, text=True).stdout


def wrk(url, pid, *options, seconds=4):
    before = cpu_seconds(pid)
    done = wrk_says(url, seconds, *options)
    used = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", done).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))
    return Run(rate, used * 1e6 / max(requests, 1))


def interleaved(servers, runs, *options):
    """name -> (url, pid) to name -> its runs, each after a short one that is not counted. `options` of wrk."""
    for url, pid in servers.values():
        wrk(url, pid, *options, seconds=1)
    results = {name: [] for name in servers}
    for _ in range(runs):
        for name, (url, pid) in servers.items():
            results[name].append(wrk(url, pid, *options))
    return results


def spread(values, digits=0):
    return f"{min(values):,.{digits}f} to {max(values):,.{digits}f}"


def median(values):
    return statistics.median(values)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} cores ({model.group(1) if model else 'unknown'}), Linux {os.uname().release}, "
            f"commit {commit.stdout.strip()}, {PRESET} build, load before the run {load:.1f}")
