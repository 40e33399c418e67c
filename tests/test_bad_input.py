"""Bad input gets the documented error, changes nothing, and is logged once without secrets."""

import datetime
import json
import os
import socket
import subprocess

import pytest
import requests
from conftest import under_account, until
from people import sign_in
from test_traces import Collector

CANARY = "canary" + "5f2d9a7c31e8"


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


def raw(platform, data, shut=False):
    """What a node answers to exactly these bytes."""
    address = platform.node("app-1")["address"]
    with socket.create_connection((address, 8080), timeout=10) as wire:
        wire.sendall(data)
        if shut:
            wire.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := wire.recv(65536):
            answer += piece
            if b"\r\n\r\n" in answer and not shut:
                break
        return answer


def test_what_is_no_http_is_refused(platform):
    assert raw(platform, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(platform, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40000 + b"\r\n\r\n").startswith(
        b"HTTP/1.1 431 ")
    many = b"".join(b"X-%d: y\r\n" % i for i in range(200))
    assert raw(platform, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n").startswith(b"HTTP/1.1 431 ")


def test_pipelined_and_half_closed_clients_are_answered(platform):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(platform, one * 3, shut=True)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("body, status", [
    (b"{", 400), (b"[]", 422), (b'{"email": 7, "password": "x"}', 422), (b'{"email":"\xff"}', 400),
    (b'{"email":"a@b.c","password":"x","unknown":1}', 422), (b"[" * 100 + b"]" * 100, 400),
    (b'{"email":"a","email":"b"}', 400), (b"", 400),
])
def test_json_that_is_not_as_expected_is_told_what_was(api, body, status):
    answer = api.post("/v1/auth/login", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["code"] and problem["detail"]
    if answer.status_code == 422 and problem.get("errors"):
        assert all(error["detail"] for error in problem["errors"])


def test_a_wrong_media_type_and_a_body_too_large_are_refused(api):
    assert api.post("/v1/auth/login", data="x", headers={"Content-Type": "text/plain"}).status_code == 415
    large = json.dumps({"email": "x" * (1024 * 1024 + 10)})
    assert api.post("/v1/auth/login", data=large,
                    headers={"Content-Type": "application/json"}).status_code == 413


def test_unknown_routes_and_methods_are_said_to_be_so(api):
    assert api.get("/v1/nowhere").status_code == 404
    answer = api.call("PUT", "/v1/files")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("cookie", ["", "v1.x.y", "v1." + "a" * 26 + "." + "b" * 43, "x" * 5000, "v1..", "\x01"])
def test_a_forged_cookie_is_nobody(platform, cookie):
    for name in ("acme_session", "__Host-acme_session"):
        answer = requests.get(platform.url + "/v1/me", headers={"Cookie": f"{name}={cookie}"}, timeout=30)
        assert answer.status_code in (400, 401), answer.text


def test_requests_from_another_site_are_refused(platform, api):
    answer = api.post("/v1/auth/logout", headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert api.get("/v1/me").status_code == 200


def test_what_is_wrong_is_logged_once(platform, api):
    wrong = {
        "once-json": lambda headers: api.post("/v1/auth/login", data=b"{", headers=headers),
        "once-field": lambda headers: api.post("/v1/auth/login", data=b'{"email":7}', headers=headers),
        "once-password": lambda headers: api.post("/v1/auth/login", json={"email": "a@b.c", "password": "x" * 12},
                                                  headers={"X-Request-Id": headers["X-Request-Id"]}),
        "once-route": lambda headers: api.get("/v1/nowhere", headers=headers),
        "once-method": lambda headers: api.call("PUT", "/v1/files", headers=headers),
        "once-nobody": lambda headers: requests.get(platform.url + "/v1/me", headers=headers, timeout=30),
        "once-site": lambda headers: api.post("/v1/auth/logout", headers={
            **headers, "Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}),
        "once-name": lambda headers: api.post("/v1/files", data=b"x", headers=headers),
    }
    for name, call in wrong.items():
        answer = call({"X-Request-Id": name, "Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500 and answer.headers["X-Request-Id"] == name, (name, answer.text)
    for name in wrong:
        lines = until(lambda: platform.logs("--request", name), seconds=30)
        assert [(line["message"], line["level"]) for line in lines] == [("http.request", "info")], lines


def planted(platform, api):
    """Secrets wherever somebody may put one: calls that refuse them, and calls that keep what they are given."""
    text, token = f"call Ada, password={CANARY}", f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY}"
    form = (f'--XX\r\nContent-Disposition: form-data; name="password"\r\n\r\n{CANARY}\r\n'
            f'--XX\r\nContent-Disposition: form-data; name="api_key"; filename="a"\r\n\r\n{CANARY}\r\n--XX--\r\n')
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
    refuse = [
        lambda: api.post("/v1/auth/login", json={"email": "a@example.com", "password": CANARY}),
        lambda: api.post("/v1/auth/link", json={"token": CANARY}),
        lambda: api.get("/v1/me", headers={"Authorization": "Bearer " + CANARY}),
        lambda: api.get("/v1/files", params={"token": CANARY, "cursor": "x"}),
        lambda: requests.get(platform.url + "/v1/me", cookies={"__Host-acme_session": "v1.x." + CANARY}, timeout=30),
        lambda: api.post("/v1/auth/password/change", json={"current": CANARY, "new": CANARY}),
        lambda: api.get(f"/v1/nowhere?password={CANARY}"),
        lambda: api.post("/v1/auth/login", data='{"password":"' + CANARY,
                         headers={"Content-Type": "application/json"}),
        lambda: api.post("/v1/files", data=form, headers={"Content-Type": "multipart/form-data; boundary=XX"}),
        lambda: api.post("/v1/pings", headers={"X-Request-Id": token}),
        lambda: api.post("/v1/files?name=a.txt", data=b"x", headers={
            "Idempotency-Key": token, "Content-Type": "text/plain"}),
    ]
    keep = [
        lambda: api.delete("/v1/files/" + api.post("/v1/files", params={"name": text}, data=b"x", headers={
            "Content-Type": "text/plain"}).json()["id"]),
        lambda: api.delete("/v1/freezes/" + api.post("/v1/freezes", json={"reason": text, "until": until}).json()["id"],
                           params={"reason": text}),
        lambda: platform.run("deploy", "run", "nosuch", "--reason", text, check=False),
        lambda: platform.run("freeze", "list", "--password", CANARY, check=False),
    ]
    return refuse, keep


def test_planted_secrets_appear_in_no_output(start_platform):
    collector = Collector()
    platform = start_platform("--app-nodes", "1", "--workers", "1", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER_ARG": "1"})
    api = sign_in(platform)
    refuse, keep = planted(platform, api)
    for call in refuse:
        answer = call()
        assert CANARY not in answer.text and CANARY not in str(answer.headers), answer.text
    for call in keep:
        call()
    marked = api.get("/v1/me", headers={"X-Request-Id": "after-the-canaries"})
    assert marked.status_code == 200
    until(lambda: platform.logs("--request", "after-the-canaries"), seconds=30)
    until(lambda: any("after-the-canaries" in str(span) for _, span in list(collector.spans)), seconds=60)
    collector.shutdown()
    logged = "".join(path.read_text() for path in (platform.data / "logs").iterdir())
    assert CANARY not in logged
    assert CANARY not in str(collector.spans) and len(collector.spans) > 20
    for journal in (platform.data / "deployments").rglob("*"):
        assert not journal.is_file() or CANARY not in journal.read_text(), journal
    for role in ("serve", "worker", "scheduler"):
        for name in platform.names(role):
            metrics = requests.get(platform.node_url(name, operations=True) + "/metrics", timeout=30).text
            assert CANARY not in metrics
    for table in ("audit_entries", "jobs", "changes", "nodes", "sessions"):
        assert platform.sql(f"SELECT count(*) FROM {table} a WHERE a::text LIKE '%{CANARY}%'") == "0", table


def test_every_log_line_is_json_with_the_promised_fields(platform):
    wanted = {"timestamp", "level", "message", "request_id", "user_id", "trace_id", "span_id", "service",
              "version", "node", "route", "status", "duration_ms"}
    count = 0
    for path in (platform.data / "logs").iterdir():
        if not path.name.startswith(("app-", "worker-", "scheduler")):
            continue
        for line in path.read_text().splitlines():
            assert wanted <= json.loads(line).keys(), line
            assert len(line.encode()) <= 16000
            count += 1
    assert count > 0


def test_an_unusable_configuration_is_told_in_one_report(platform):
    done = subprocess.run([str(platform.home.binary), "serve"], capture_output=True, text=True, timeout=60,
                          env={"WORKER_CONCURRENCY": "four", "LOG_LEVEL": "warning", "S3_BUKET": CANARY,
                               "SECRET_KEY": CANARY, "PATH": os.environ["PATH"]})
    assert done.returncode == 78
    for name in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET", "S3_REGION", "SECRET_KEY", "WORKER_CONCURRENCY",
                 "LOG_LEVEL"):
        assert name in done.stderr
    assert "did you mean S3_BUCKET" in done.stderr and "did you mean warn" in done.stderr
    assert CANARY not in done.stderr + done.stdout


def test_a_taken_port_ends_a_node_with_78(platform):
    environment = {**platform.environment, "ACME_ADDRESS": platform.node("app-1")["address"],
                   "PORT": "8080", "METRICS_PORT": "9090"}
    done = subprocess.run([str(platform.home.binary), "serve"], capture_output=True, text=True, timeout=60,
                          env=environment)
    assert done.returncode == 78, done.stderr + done.stdout


def test_output_that_cannot_be_written_is_no_success(platform):
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(platform.home.binary), "config", "docs"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60, env=platform.environment)
    assert done.returncode == 70
    assert "could not be written" in done.stderr


def test_migrate_names_what_it_applied_once(platform):
    def migrate(database, *options):
        platform.sql(f"CREATE DATABASE {database} OWNER acme")
        url, owner = (platform.environment[name] for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"))
        done = subprocess.run(
            under_account([str(platform.home.binary), "migrate", *options]), capture_output=True, text=True, timeout=60,
            env={**platform.environment, "DATABASE_URL": url.removesuffix("/acme") + "/" + database,
                 "MIGRATION_DATABASE_URL": owner.removesuffix("/acme") + "/" + database})
        platform.sql(f"DROP DATABASE {database}")
        assert done.returncode == 0, done.stderr
        return done.stdout

    lines = [line for line in migrate("plain").splitlines() if line.startswith("applied ")]
    assert lines and len(lines) == len(set(lines))
    assert [f"applied {name}" for name in json.loads(migrate("as_json", "--json"))["applied"]] == lines
