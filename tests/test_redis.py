"""Redis as production has it: with TLS, and watched by sentinels. Each test has a node of its own
beside the platform's, so that the platform stays as it is."""

import contextlib
import socket
import subprocess

import pytest
import requests
from conftest import under_account, until
from people import sign_in


def free_port(address="127.0.0.1"):
    with socket.socket() as wire:
        wire.bind((address, 0))
        return wire.getsockname()[1]


def ask(port, *words, password=None):
    """One command; the answer's raw bytes, b"" when nobody is there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        if password:
            wire.sendall(f"AUTH {password}\r\n".encode())
            wire.recv(1000)
        wire.sendall((" ".join(words) + "\r\n").encode())
        return wire.recv(100_000)
    return b""


@pytest.fixture
def start():
    """Starts a program that ends with the test."""
    started = []

    def run(*words, folder, **options):
        started.append(subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        **options))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def start_redis(start, folder, *words):
    port = free_port()
    process = start("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay",
                    "0", "--maxmemory-policy", "volatile-lru", *words, folder=folder)
    until(lambda: ask(port, "PING"), 30)
    return port, process


def start_node(start, platform, redis_url, **more):
    """A node that is not the supervisor's; where it answers, as (requests, operations)."""
    address = platform.node("app-1")["address"]
    ports = free_port(address), free_port(address)
    environment = {**platform.environment, "ACME_ADDRESS": address, "ACME_NODE": "app-9", "REDIS_URL": redis_url,
                   "PORT": str(ports[0]), "METRICS_PORT": str(ports[1]), **more}
    process = start(*under_account([str(platform.home.binary), "serve"]), folder=platform.home.path, env=environment)
    urls = [f"http://{address}:{port}" for port in ports]
    until(lambda: process.poll() is None and is_ready(urls[0]), seconds=60)
    return urls


def is_ready(url):
    with contextlib.suppress(requests.RequestException):
        return requests.get(url + "/readyz", timeout=5).status_code == 200
    return False


def metric(url, name):
    lines = requests.get(url + "/metrics", timeout=30).text.splitlines()
    return next(line.split()[-1] for line in lines if line.startswith(name + " "))


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key",
                    "-out", f"{name}.pem"], cwd=folder, check=True, capture_output=True)
    return folder / f"{name}.pem"


def test_a_node_speaks_tls_with_a_redis_that_it_trusts_and_with_no_other(platform, start, tmp_path_factory):
    folder = platform.home.path / "tls"  # which the account of the product can read
    folder.mkdir()
    trusted, other = make_certificate(folder, "trusted"), make_certificate(folder, "other")
    port = free_port()
    start_redis(start, folder, "--tls-port", str(port), "--tls-cert-file", "trusted.pem", "--tls-key-file", "trusted.key",
                "--tls-ca-cert-file", "trusted.pem", "--tls-auth-clients", "no")
    me = sign_in(platform).http.cookies.get_dict()
    url, operations = start_node(start, platform, f"rediss://127.0.0.1:{port}", SSL_CERT_FILE=str(trusted))
    assert requests.get(url + "/v1/me", cookies=me, timeout=30).status_code == 200
    until(lambda: metric(operations, "redis_up") == "1", 30)

    url, operations = start_node(start, platform, f"rediss://127.0.0.1:{port}", SSL_CERT_FILE=str(other))
    assert requests.get(url + "/v1/me", cookies=me, timeout=30).status_code == 200
    assert metric(operations, "redis_up") == "0"


def test_a_failover_by_sentinel_signs_nobody_out(platform, start, tmp_path):
    user = ["--user", "acme", "on", ">hunter2", "~*", "&*", "+@all"]
    first, master = start_redis(start, tmp_path, *user)
    second, _ = start_redis(start, tmp_path, *user, "--replicaof", "127.0.0.1", str(first))
    watch = free_port()
    (tmp_path / "sentinel.conf").write_text(
        f"port {watch}\nbind 127.0.0.1\nrequirepass hunter3\nsentinel monitor cache 127.0.0.1 {first} 1\n"
        "sentinel down-after-milliseconds cache 500\nsentinel failover-timeout cache 3000\n")
    start("redis-server", "sentinel.conf", "--sentinel", folder=tmp_path)
    until(lambda: b"master-link-status\r\n$2\r\nok" in ask(watch, "SENTINEL REPLICAS cache", password="hunter3"),
          seconds=60)
    me = sign_in(platform).http.cookies.get_dict()
    url, operations = start_node(
        start, platform, f"redis+sentinel://acme:hunter2@127.0.0.1:{watch}/cache?sentinel_password=hunter3")

    def is_served():
        assert requests.get(url + "/v1/me", cookies=me, timeout=30).status_code == 200
        return True

    until(lambda: is_served() and metric(operations, "redis_up") == "1", 30)
    master.kill()
    # That it was down may be over before one looks; but only the node is there under this name. A sentinel that was
    # held up for two seconds does nothing for thirty more.
    until(lambda: is_served() and b"role:master" in ask(second, "INFO replication") and
          b"user=acme" in ask(second, "CLIENT LIST") and metric(operations, "redis_up") == "1", seconds=120)
