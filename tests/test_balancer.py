"""The balancer while it runs (COMP-5): reloads under load, a node that says it is not well, and the
death of HAProxy itself."""

import json
import re
import signal
import subprocess
import time

import haproxy
import pytest
import requests
from conftest import Home, Platform, under_account, until
from load import Load

RELOADS = 20
RATE = 2000


@pytest.fixture(scope="module")
def balanced():
    """A platform whose nodes are all in rotation when a test begins."""
    shared = Platform(Home())
    try:
        yield shared.start()
    finally:
        shared.stop()
        shared.home.remove()


def servers(platform):
    done = platform.run("balancer", "show", "--json")
    return {server["name"]: server for server in json.loads(done.stdout)["servers"]}


def falls(platform, name):
    """How often HAProxy has found it down: it is back so soon that a look may miss it."""
    return int(haproxy.nodes(platform)[name]["chkdown"])


def are_all_well(platform):
    return all(server["is_proven"] and server["admin"] == "ready" for server in servers(platform).values())


@pytest.fixture(autouse=True)
def all_in_rotation(balanced):
    until(lambda: are_all_well(balanced), 30)


def kept(platform):
    """What must outlive a reload and a death."""
    return {name: (server["address"], server["port"], server["weight"], server["admin"])
            for name, server in servers(platform).items()}


@pytest.mark.full  # it wants the machine for itself: as many requests a second as that can send
def test_twenty_reloads_under_load_fail_no_request_and_change_nothing(balanced):
    balanced.run("balancer", "weights", "app-1=19,app-2=19,app-3=5")
    before = kept(balanced)
    running = subprocess.Popen(
        under_account([str(balanced.home.binary), "load", "--json", "--path", "/healthz", "--rps", str(RATE),
                       "--for", "10m"]),
        text=True, stdout=subprocess.PIPE, env=balanced.environment, cwd=balanced.home.path)
    try:
        until(lambda: servers(balanced)["app-1"]["requests"] > RATE)
        for _ in range(RELOADS):
            assert "Reloaded" in balanced.run("balancer", "reload").stdout
        until(lambda: servers(balanced)["app-1"]["requests"] > RATE)  # counted anew by the last worker
    finally:
        running.send_signal(signal.SIGINT)
        try:
            report = json.loads(running.communicate(timeout=60)[0])
        finally:
            running.kill()
    print({key: report[key] for key in ("requests", "failed", "not_sent", "seconds", "p99_ms", "max_ms")})
    assert report["failed"] == 0, report  # how many a machine can send is its own matter
    assert report["requests"] > RATE
    assert kept(balanced) == before
    balanced.run("balancer", "check")
    balanced.run("balancer", "weights", "app-1=1,app-2=1,app-3=1")


def test_a_node_that_says_it_is_not_ready_leaves_rotation_and_no_reader_sees_it(balanced):
    def is_in_rotation():
        return servers(balanced)["app-2"]["is_proven"]

    with Load(balanced.url, "/healthz", 100) as load:
        until(lambda: load.count > 100, 30)
        before, begun = falls(balanced, "app-2"), time.monotonic()
        balanced.kill("app-2", signal.SIGTERM)  # so it drains: its /readyz is 503, and it answers on
        until(lambda: falls(balanced, "app-2") > before, 30)
        print(f"out of rotation after {time.monotonic() - begun:.1f} s")
        until(is_in_rotation, 60)
    assert load.failures == []


def test_a_node_that_was_killed_is_in_rotation_again_as_another_process(balanced):
    before = balanced.pid("app-2")
    with Load(balanced.url, "/", 100) as load:
        begun = time.monotonic()
        balanced.kill("app-2")
        until(lambda: balanced.pid("app-2") != before and balanced.is_ready("app-2"), 60)
        until(lambda: servers(balanced)["app-2"]["is_proven"], 60)
        print(f"in rotation after {time.monotonic() - begun:.1f} s")
        anew = handed(balanced)
        until(lambda: handed(balanced) > anew, 30)
    assert load.failures == []


def handed(platform):
    """How many requests the node has had from the balancer since it started, without the balancer's checks."""
    text = requests.get(platform.node_url("app-2", operations=True) + "/metrics", timeout=10).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("http_requests_total{"))


def test_after_its_death_every_server_has_the_address_and_the_weight_it_had(balanced):
    balanced.run("balancer", "weights", "app-1=19,app-2=7,app-3=2")
    balanced.run("balancer", "drain", "app-3")
    right = balanced.node("app-2")["address"]
    before = kept(balanced)
    assert before["app-2"] == (right, 8080, 7, "ready") and before["app-3"][3] == "drain"
    count = sum("balancer died" in line for line in balanced.said)
    balanced.kill("balancer")
    until(lambda: sum("balancer died" in line for line in balanced.said) > count, 30)
    until(lambda: balanced.run("balancer", "show", check=False).returncode == 0, 30)
    assert kept(balanced) == before
    balanced.run("balancer", "check")
    balanced.run("balancer", "ready", "app-3")
    balanced.run("balancer", "weights", "app-1=1,app-2=1,app-3=1")


def test_a_plan_that_was_shown_is_done_by_its_digest_or_refused_when_the_world_moved(balanced):
    weights = ("balancer", "weights", "app-1=7,app-2=1")
    plan = json.loads(balanced.run(*weights, "--dry-run", "--json").stdout)
    assert [(step["about"], step["undo"], step["nodes"]) for step in plan["steps"]] == [
        ("app-1: weight 1 -> 7", "acme balancer weights app-1=1", ["app-1"])]
    assert servers(balanced)["app-1"]["weight"] == 1, "nothing was changed"

    balanced.run("balancer", "drain", "app-3")
    moved = balanced.run(*weights, "--plan", plan["digest"], check=False)
    assert moved.returncode == 1 and "balancer.plan_moved" in moved.stderr
    assert servers(balanced)["app-1"]["weight"] == 1, "nothing was changed"

    back = json.loads(balanced.run("balancer", "ready", "app-3", "--dry-run", "--json").stdout)
    assert back["steps"][0]["undo"] == "acme balancer drain app-3"
    balanced.run("balancer", "ready", "app-3", "--plan", back["digest"])
    balanced.run(*weights, "--plan", plan["digest"])
    assert servers(balanced)["app-1"]["weight"] == 7
    balanced.run("balancer", "weights", "app-1=1", "--json")

    reload = balanced.run("balancer", "reload", "--dry-run").stdout.splitlines()
    assert "undo: none" in reload[1] and reload[-2].startswith("Expected")
    balanced.run("balancer", "reload", "--plan", reload[-1].split()[-1])
    assert balanced.run("balancer", "reload", "--plan", plan["digest"], check=False).returncode == 1


def test_migrations_are_shown_first_and_only_that_plan_is_done(balanced):
    newest = balanced.sql("SELECT max(name) FROM migrations")
    row = balanced.sql(f"SELECT row_to_json(m) FROM migrations m WHERE name = '{newest}'")
    balanced.sql(f"DELETE FROM migrations WHERE name = '{newest}'")
    try:
        plan = json.loads(balanced.run("migrate", "--dry-run", "--json").stdout)
        shown = balanced.run("migrate", "--dry-run").stdout
    finally:
        balanced.sql(f"INSERT INTO migrations SELECT * FROM json_populate_record(null::migrations, '{row}')")

    assert [step["about"] for step in plan["steps"]] == [f"applies {newest}"] and plan["plan"][0]["statements"]
    assert "undo: none: it only adds" in shown and f"Plan      {plan['digest']}" in shown
    moved = balanced.run("migrate", "--plan", plan["digest"], check=False)
    assert moved.returncode == 1 and "migrate.plan_moved" in moved.stderr
    nothing = json.loads(balanced.run("migrate", "--dry-run", "--json").stdout)
    assert nothing["steps"] == []
    balanced.run("migrate", "--plan", nothing["digest"])


def test_what_is_rendered_is_what_a_person_reads_and_haproxy_takes(balanced):
    text = balanced.run("balancer", "render").stdout
    assert re.search(r"^    close-spread-time 10s$", text, re.M) and "balance roundrobin" in text
    shown = balanced.run("balancer", "show").stdout.splitlines()
    assert shown[0].split()[:3] == ["server", "state", "check"] and len(shown) == 4
    wrong = balanced.run("balancer", "weights", "app-1=999", check=False)
    assert wrong.returncode == 1 and "0 to 256" in wrong.stderr
    unknown = balanced.run("balancer", "drain", "app-9", check=False)
    assert unknown.returncode == 1 and "app-9" in unknown.stderr
