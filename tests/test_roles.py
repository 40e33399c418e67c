"""A role by itself beside a platform: what it says of itself, which servers it refuses, how it waits for them."""

import contextlib
import json
import subprocess

import pytest
import requests
from conftest import under_account, until
from odd_nodes import ADDRESS, URL, open_folder  # noqa: F401
from old_servers import PostgreSQL14, Redis6, Server


@contextlib.contextmanager
def started(platform, **environment):
    """`acme serve` of a release that never ran here; its process."""
    process = subprocess.Popen(
        under_account([str(platform.home.binary), "serve"]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**platform.environment, "PORT": "8080", "METRICS_PORT": "9090", "ACME_ADDRESS": ADDRESS,
             "ACME_RELEASE": "new", "ACME_NODE": "odd", **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("role", ["serve", "worker", "scheduler"])
def test_each_role_says_what_it_is(platform, role):
    for name in platform.names(role):
        said = requests.get(platform.node_url(name, operations=True) + "/buildinfo", timeout=5).json()
        assert said == {"release": platform.state["release"], "role": role, "node": name, "environment": "local",
                        "profile": "single"}
        assert requests.get(platform.node_url(name, operations=True) + "/healthz", timeout=5).status_code == 200


@pytest.mark.parametrize("handler, variable, url, needed, found", [
    (PostgreSQL14, "DATABASE_URL", "postgresql://acme@127.0.0.1:{}/acme", "15 or later", "14.11"),
    (Redis6, "REDIS_URL", "redis://127.0.0.1:{}/0", "Redis 7", "6.2.14"),
])
def test_a_server_that_is_too_old_ends_a_node_with_78(platform, handler, variable, url, needed, found):
    with Server(handler) as server, started(platform, **{variable: url.format(server.port)}) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 78, said
    last = next(json.loads(line) for line in said.splitlines() if '"message":"unusable"' in line)
    assert last["level"] == "error" and needed in last["reason"] and found in last["reason"], last


def test_a_node_that_begins_before_its_database_waits_for_it(platform, open_folder):
    url = platform.environment["DATABASE_URL"]
    head, tail = url.split("@")[0], url.rsplit(":", 1)[1]  # "postgresql://acme", "5432/acme"
    elsewhere = f"{head}@{str(open_folder).replace('/', '%2F')}:{tail}"
    socket = ".s.PGSQL.5432"
    with started(platform, DATABASE_URL=elsewhere):
        def ready():
            with contextlib.suppress(requests.RequestException):
                return requests.get(URL + "/readyz", timeout=30)

        until(lambda: ready() is not None, 60)
        early = ready()
        until(lambda: "PostgreSQL" in ready().json()["detail"], 60)
        assert early.status_code == ready().status_code == 503
        assert early.json()["code"] == "app.not_ready"
        assert requests.get(URL + "/healthz", timeout=5).status_code == 200

        (open_folder / socket).symlink_to(f"{platform.state['run']}/{socket}")

        until(lambda: ready().status_code == 200, 60)


def test_the_dashboard_takes_nothing_from_elsewhere_and_stands_in_no_frame(platform):
    for path in ("/", "/releases", "/files", "/no-such-page"):
        page = requests.get(platform.url + path, headers={"Accept": "text/html"}, timeout=5)
        assert page.headers["Content-Type"].startswith("text/html"), page.headers
        policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
        assert policy == {"default-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
                          "form-action": "'self'", "object-src": "'none'"}
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "<script>" not in page.text and "style=" not in page.text and "<style" not in page.text


def test_the_configuration_is_checked_by_a_command(platform):
    plain = platform.run("config", "check").stdout
    assert "configuration is usable" in plain and "SECRET_KEY=set" in plain
    assert (platform.data / "secrets/secret_key").read_text().strip() not in plain
    assert json.loads(platform.run("config", "check", "--json").stdout) == {"usable": True, "problems": []}
    done = subprocess.run(
        under_account([str(platform.home.binary), "config", "check", "--json"]), text=True, capture_output=True,
        env={**platform.environment, "LOG_LEVEL": "warning", "REDIS_URL": ""}, timeout=30)
    assert done.returncode == 78
    told = json.loads(done.stdout)
    assert not told["usable"] and {one["name"] for one in told["problems"]} == {"LOG_LEVEL", "REDIS_URL"}
