"""What breaks at night: a node, Redis, PostgreSQL. Nobody is signed out, small reads do not fail."""

import os
import signal
import time

import pytest
import requests
from conftest import until
from load import Load
from people import sign_in

pytestmark = pytest.mark.alone

@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


def cookies(api):
    return "Cookie: " + "; ".join(f"{k}={v}" for k, v in api.http.cookies.get_dict().items()) + "\r\n"


def test_a_node_lost_at_1000_requests_a_second_is_not_seen_by_small_reads(platform, api):
    with Load(platform.url, "/healthz", rate=1000, limit=512) as load:
        until(lambda: load.count > 1000, seconds=20)
        platform.kill("app-1")
        until(lambda: platform.is_ready("app-1"), seconds=60)
        seen = load.count
        until(lambda: load.count > seen + 1000, seconds=20)
    assert load.failures == []
    assert load.statuses == {200: load.count}


def test_overview_shows_a_node_die_and_return(platform, api):
    def state():  # asked of another node: the balancer may still lead to the one that hangs
        answer = requests.get(platform.node_url("app-1") + "/v1/nodes", timeout=10,
                              cookies=api.http.cookies.get_dict()).json()
        return {node["name"]: node["state"] for node in answer["data"]}["app-3"]

    until(lambda: state() == "ready", 60)
    before = platform.pid("app-3")
    os.kill(before, signal.SIGSTOP)  # dead to everybody, and not brought back by the supervisor
    try:
        until(lambda: state() != "ready", seconds=60)
    finally:
        os.kill(before, signal.SIGKILL)
    until(lambda: state() == "ready" and platform.pid("app-3") != before, seconds=60)


@pytest.mark.parametrize("how", ["flush", "kill", "stop"])
def test_redis_lost_signs_nobody_out(platform, api, how):
    with Load(platform.url, "/v1/me", rate=100, headers=cookies(api)) as load:
        until(lambda: load.count > 100, seconds=20)
        if how == "flush":
            flush_redis(platform)
        elif how == "kill":
            platform.kill("redis")
        else:
            platform.kill("redis", signal.SIGSTOP)
        seen = load.count
        until(lambda: load.count > seen + 300, seconds=30)
        if how == "stop":
            platform.kill("redis", signal.SIGCONT)
        seen = load.count
        until(lambda: load.count > seen + 100, seconds=30)
    assert load.failures == []
    assert api.get("/v1/me").status_code == 200


def flush_redis(platform):
    import socket
    import urllib.parse
    url = urllib.parse.urlsplit(platform.environment["REDIS_URL"])
    with socket.create_connection((url.hostname, url.port or 6379), timeout=5) as wire:
        user = f"{url.username} " if url.username else ""
        wire.sendall(f"AUTH {user}{urllib.parse.unquote(url.password)}\r\nFLUSHALL\r\n".encode())
        assert b"+OK" in wire.recv(100)


def test_postgresql_restarted_under_load_is_recovered_from_without_help(platform, api):
    me = "/v1/me/sessions"  # asks PostgreSQL each time
    with Load(platform.url, me, rate=50, headers=cookies(api)) as load:
        until(lambda: load.count > 50, seconds=20)
        platform.kill("postgres", signal.SIGINT)  # a fast shutdown; the supervisor brings it back
        until(lambda: "postgres died" in "\n".join(platform.said) or "postgres ended" in "\n".join(platform.said),
              seconds=20)
        # Each node looks again in its own time, at most five seconds later.
        for name in platform.names("serve"):
            until(lambda: requests.get(platform.node_url(name) + me, timeout=10,
                                       cookies=api.http.cookies.get_dict()).status_code == 200, seconds=30)
        until(lambda: not load.under_way, seconds=20)  # what was begun before has ended
        failed = len(load.failures)
        seen = load.count
        until(lambda: load.count > seen + 100, seconds=30)
        recovered = load.failures[failed:]
    assert recovered == []
    assert {status for status in load.statuses if status >= 500} <= {503}


def test_a_session_that_was_ended_stays_ended_through_every_loss(platform):
    api = sign_in(platform)
    kept = api.http.cookies.get_dict()
    assert api.post("/v1/auth/logout").status_code == 204
    for name in platform.names("serve"):
        until(lambda: requests.get(platform.node_url(name) + "/v1/me", cookies=kept,
                                   timeout=30).status_code == 401, seconds=30)
    flush_redis(platform)
    platform.kill("app-2")
    until(lambda: platform.is_ready("app-2"), seconds=60)
    for name in platform.names("serve"):
        assert requests.get(platform.node_url(name) + "/v1/me", cookies=kept, timeout=30).status_code == 401


def test_a_drain_loses_no_request(platform, api):
    with Load(platform.url, "/healthz", rate=300) as load:
        for name in ("app-1", "app-2"):
            before = platform.pid(name)
            platform.kill(name, signal.SIGTERM)
            until(lambda: platform.pid(name) != before and platform.is_ready(name), seconds=60)
        time.sleep(0.5)
    assert load.failures == []
