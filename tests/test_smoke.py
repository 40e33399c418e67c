"""acme smoke: green on what works, red with the right name on what does not, and nothing is left."""

import contextlib
import http.server
import json
import signal
import ssl
import subprocess
import threading

import haproxy
import pytest

from conftest import until
from people import objects_of
from odd_nodes import ADDRESS, URL, open_folder, start_release  # noqa: F401

EMAIL = "smoke@acme.invalid"


def smoke(platform, *words):
    done = platform.run("smoke", "--json", *words, check=False, timeout=150)
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["green"] else 1), done.stdout
    return report


def failed(report):
    return [check["name"] for check in report["checks"] if check["state"] == "failed"]


def of(report, name):
    return next(check for check in report["checks"] if check["name"] == name)


@pytest.fixture(autouse=True)
def nothing_is_left(platform):
    yield
    user = f"(SELECT id FROM users WHERE email = '{EMAIL}')"
    assert platform.sql("SELECT count(*) FROM files WHERE state = 'ready' AND org_id IN "
                        f"(SELECT org_id FROM memberships WHERE user_id = {user})") == "0"
    assert platform.sql(f"SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND user_id = {user}") == "0"
    assert platform.sql("SELECT count(*) FROM pings") == "0"
    until(lambda: objects_of(platform, EMAIL) == [], 60)


@contextlib.contextmanager
def stopped(platform, names):
    for name in names:
        platform.kill(name, signal.SIGSTOP)
    try:
        yield
    finally:
        for name in names:
            platform.kill(name, signal.SIGCONT)


def test_it_is_green_on_a_platform_that_works(platform):
    report = smoke(platform, "--release", platform.state["release"])
    assert failed(report) == [] and report["left_behind"] == ""
    assert {check["name"]: check["state"] for check in report["checks"]} == {
        "ready": "passed", "tls": "skipped", "sign_in": "passed", "limit": "passed", "release": "passed",
        "file": "passed", "job": "passed", "leader": "passed", "flag": "passed"}
    assert of(report, "tls")["tries"] == 0 and of(report, "ready")["tries"] >= 1


def test_people_get_a_line_for_each_check(platform):
    said = platform.run("smoke").stdout.splitlines()
    assert len(said) == 10 and said[-1].startswith("Green after")


def test_what_it_asks_of_the_nodes_is_one_trace_and_one_request_there(platform):
    assert smoke(platform)["green"]

    def traced():
        lines = platform.logs()
        asked = [line for line in lines if line["message"] == "http.request" and line.get("route") == "/v1/pings"]
        same = [line for line in lines if asked and line.get("request_id") == asked[-1]["request_id"]]
        return {"/v1/auth/login", "/v1/files", "/v1/pings"} <= {line.get("route") for line in same} and same

    same = until(traced, 30)  # each node writes its own lines
    assert len({line["trace_id"] for line in same}) == 1, same
    assert len({line["node"] for line in same}) > 1, same  # more than one part of the platform


def test_objects_that_cannot_be_written_fail_the_file(platform):
    folders = [path for path in (platform.data / "objects").rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o500)
    try:
        report = smoke(platform)
    finally:
        for folder in folders:
            folder.chmod(0o700)
    assert failed(report) == ["file"]
    assert of(report, "file")["tries"] == 2


def test_workers_that_do_not_work_fail_the_job(platform):
    with stopped(platform, platform.names("worker")):
        report = smoke(platform)
    assert failed(report) == ["job"]


def test_a_scheduler_that_stands_still_fails_the_leader(platform):
    name = platform.names("scheduler")[0]
    with stopped(platform, [name]):
        until(lambda: platform.sql("SELECT now() - seen_at > interval '3 seconds' FROM nodes "
                                   "WHERE role = 'scheduler'") == "t", 30)
        report = smoke(platform)
    assert failed(report) == ["leader"]


def test_a_node_that_names_another_release_fails_the_release(platform, start_release):
    start_release(lie_release="other").wait_ready()
    server = platform.names("serve")[-1]
    address = platform.node(server)["address"]
    line = next(line for line in haproxy.ask(platform, "show servers state").splitlines() if f" {server} " in line)
    backend = line.split()[1]
    haproxy.ask(platform, f"set server {backend}/{server} addr {ADDRESS} port 8080")
    try:
        report = smoke(platform, "--release", platform.state["release"], "--nodes", "3")
    finally:
        haproxy.ask(platform, f"set server {backend}/{server} addr {address} port 8080")
    assert failed(report) == ["release"]
    assert "other" in of(report, "release")["detail"]


def test_answers_that_do_not_say_what_is_left_fail_the_limit(platform, start_release):
    start_release(hide_limits=True).wait_ready()
    report = smoke(platform, "--endpoint", URL)
    assert failed(report) == ["limit"]
    assert "RateLimit" in of(report, "limit")["detail"]


def test_another_release_than_the_one_asked_for_fails_the_release(platform):
    assert failed(smoke(platform, "--release", "0123456")) == ["release"]


def test_a_node_that_is_not_ready_fails_ready(platform, start_release):
    start_release(never_ready=True).wait_ready("/healthz")
    assert failed(smoke(platform, "--endpoint", URL)) == ["ready"]


def test_a_check_that_succeeds_the_second_time_is_shown(platform, start_release):
    start_release(fail_first=1).wait_ready()
    report = smoke(platform, "--endpoint", URL)
    assert failed(report) == []
    assert of(report, "sign_in")["tries"] == 2


def test_an_account_that_may_not_sign_in_fails_sign_in_and_skips_what_needs_it(platform):
    smoke(platform)
    platform.sql(f"UPDATE users SET state = 'disabled' WHERE email = '{EMAIL}'")
    try:
        report = smoke(platform, "--nodes", "3")
    finally:
        platform.sql(f"UPDATE users SET state = 'active' WHERE email = '{EMAIL}'")
    assert failed(report) == ["sign_in"]
    assert [check["name"] for check in report["checks"] if check["state"] == "skipped"] == ["tls", "limit", "file", "job", "leader",
                                                                                          "flag"]


def test_where_nobody_answers_everything_fails(platform):
    report = smoke(platform, "--endpoint", "http://127.0.0.1:9", "--nodes", "3")
    assert failed(report) == ["ready", "sign_in", "release"]


@pytest.mark.parametrize("newest, is_right", [(ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, False)])
def test_tls_older_than_1_3_fails_tls(platform, open_folder, newest, is_right):
    key, certificate = open_folder / "key.pem", open_folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)

    class Healthy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = newest
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        report = smoke(platform, "--endpoint", f"https://127.0.0.1:{server.server_port}", "--ca", str(certificate), "--nodes", "1")
    finally:
        server.shutdown()
    assert (of(report, "tls")["state"] == "passed") is is_right
    assert of(report, "ready")["state"] == "passed"


def test_wrong_options_are_refused(platform):
    for words in (["--endpoint", "platform"], ["--nodes", "x"]):
        done = platform.run("smoke", *words, check=False)
        assert done.returncode == 1 and "smoke." in done.stderr
