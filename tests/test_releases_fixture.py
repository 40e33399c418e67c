"""The releases that misbehave on purpose do so, and else behave as the real one does."""

import hashlib
import http.client
import os
import signal
import subprocess
import time

import pytest
import requests

from conftest import until
from odd_nodes import ADDRESS, METRICS, URL, make, open_folder, start_release  # noqa: F401
from people import sign_in

READ = "/v1/openapi.json"


@pytest.fixture(autouse=True)
def answers_need_not_be_as_documented(monkeypatch):
    monkeypatch.setattr(requests.Session, "send", requests.Session.send.__wrapped__)


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_every_k_th_request_fails_and_health_checks_do_not_count(start_release, kind):
    release = start_release(kind, fail_every=5).wait_ready()
    with requests.Session() as session:
        statuses = []
        for _ in range(20):
            statuses.append(session.get(URL + READ, timeout=10).status_code)
            assert session.get(URL + "/healthz", timeout=10).status_code == 200
    assert [status for status in statuses if status != 200] == [500] * 4
    assert release.metric("http_requests_total") >= 4


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_every_second_request_fails_from_the_sign_on(start_release, open_folder, kind):
    start_release(kind, fail_on_sign=True).wait_ready()
    before = [requests.get(URL + READ, timeout=10).status_code for _ in range(4)]
    (open_folder / "release" / "fail").touch()
    after = [requests.get(URL + READ, timeout=10).status_code for _ in range(4)]
    assert (before, sorted(after)) == ([200] * 4, [200, 200, 500, 500])


def test_what_it_passes_on_is_what_the_real_node_says(platform, start_release):
    start_release().wait_ready()
    through = requests.get(URL + "/v1/openapi.json", timeout=10)
    direct = requests.get(platform.url + "/v1/openapi.json", timeout=10)
    assert through.json()["paths"] == direct.json()["paths"]
    assert through.headers["X-Acme-Release"] == "r-1"
    refused = requests.post(URL + "/v1/auth/login", data=b"x" * 3_000_000, timeout=10)
    assert refused.status_code == 413


def test_bodies_pass_in_both_directions_while_they_come(platform, start_release):
    start_release().wait_ready()
    api = sign_in(platform)
    api.http.headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in api.http.cookies)
    api.url = URL
    content = os.urandom(3_000_000)
    made = api.post("/v1/files?name=odd.bin", data=iter([content[:1_000_000], content[1_000_000:]]),
                    headers={"Content-Type": "application/octet-stream", "Idempotency-Key": "odd-1"})
    assert made.status_code == 201, made.text
    path = f"/v1/files/{made.json()['id']}"
    assert hashlib.sha256(api.get(path + "/content").content).digest() == hashlib.sha256(content).digest()
    part = api.get(path + "/content", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    with api.get("/v1/events", stream=True, headers={"Accept": "text/event-stream"}) as stream:
        assert next(stream.iter_content(1))
    assert api.delete(path).status_code == 204


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_sigterm_drains_as_the_contract_says(start_release, kind):
    release = start_release(kind, delay_ms=1500).wait_ready()
    slow = http.client.HTTPConnection(ADDRESS, 8080, timeout=60)
    slow.request("GET", READ)
    # What came later was answered, so the slow one is under way.
    assert [release.status() for _ in range(5)] == [200] * 5
    release.process.send_signal(signal.SIGTERM)
    assert slow.getresponse().status == 200
    assert release.process.wait(60) == 0


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_sigterm_may_be_ignored(start_release, kind):
    release = start_release(kind, ignore_sigterm=True).wait_ready()
    release.process.send_signal(signal.SIGTERM)
    for _ in range(20):
        assert release.status() == 200


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_it_refuses_to_start(start_release, kind):
    release = start_release(kind, refuse_start=True)
    assert release.process.wait(30) == 1


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_it_is_alive_and_never_ready(start_release, kind):
    release = start_release(kind, never_ready=True)
    until(lambda: release.status("/healthz") == 200, 30)
    for _ in range(20):
        assert release.status() == 503


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_it_crashes_and_takes_the_real_one_with_it(start_release, kind):
    release = start_release(kind, crash_after_s=0.5)
    assert release.process.wait(30) == -signal.SIGKILL
    until(lambda: release.status() is None)


@pytest.mark.parametrize("kind", ["faulty", "app"])
def test_it_lies_about_its_release_answers_404_leaks_and_burns(start_release, kind):
    release = start_release(kind, lie_release="other", not_found_all=True, leak_mb_per_s=200, burn_cpu=1)
    release.wait_ready()
    answer = requests.get(URL + READ, timeout=10)
    assert (answer.status_code, answer.headers["X-Acme-Release"]) == (404, "other")
    memory = release.metric("process_resident_memory_bytes")
    cpu = release.metric("process_cpu_seconds_total")
    until(lambda: release.metric("process_resident_memory_bytes") > memory + 50e6, 30)
    until(lambda: release.metric("process_cpu_seconds_total") > cpu + 0.2, 30)


def test_an_app_is_ready_after_as_long_as_it_was_told(start_release):
    begun = time.monotonic()
    release = start_release("app", start_delay_s=1)
    until(lambda: release.status("/healthz") == 200, 30)
    release.wait_ready()
    assert time.monotonic() - begun >= 1  # a look at it meanwhile may come too late
    assert requests.get(METRICS, timeout=10).text.count("# TYPE") == 4


def test_a_good_release_is_the_real_one_with_another_digest(platform, tmp_path):
    folder = make(tmp_path / "good", "good", real=platform.home.binary, note="two")
    assert (folder / "acme").read_bytes() != platform.home.binary.read_bytes()
    done = subprocess.run([folder / "acme", "--help"], capture_output=True, text=True, timeout=30,
                          env=platform.base_environment())
    assert done.returncode == 0 and "acme serve" in done.stdout
