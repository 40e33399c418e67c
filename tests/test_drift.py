"""Drift (BEY-6): what somebody changed past every command is found at once, and the plan that is shown
repairs it."""

import json
import signal
import subprocess

import engine
import haproxy
import pytest
from conftest import Home, Platform, under_account, until
from deployer import Deployer
from people import sign_in


@pytest.fixture(scope="module")
def deployer():
    platform = Platform(Home())
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


@pytest.fixture(autouse=True)
def all_is_well(deployer):
    until(lambda: seen(deployer) == [], 30)
    yield
    deployer.assert_settled(deployer.first)
    assert seen(deployer) == []


def drift(deployer, *words):
    done = deployer.platform.run("drift", *words, "--json", check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, json.loads(lines[0]) if lines else done.stdout


def seen(deployer):
    code, look = drift(deployer, "show")
    assert look["note"] == ""
    found = [(each["where"], each["what"], each["found"]) for each in look["data"]]
    assert code == (1 if found else 0)
    return found


def repaired(deployer):
    """Does the plan that is shown first; its sentences."""
    _, plan = drift(deployer, "repair", "--dry-run")
    assert plan["by_hand"] == [], plan
    assert seen(deployer) != [], "a dry run changes nothing"
    done = deployer.platform.run("drift", "repair", "--plan", plan["digest"], check=False)
    assert done.returncode == 0, done.stdout
    return [action["about"] for action in plan["actions"]]


def balancer(deployer, *commands):
    """As somebody does it who knows HAProxy and not us."""
    return "".join(haproxy.ask(deployer.platform, command) for command in commands)


def test_a_weight_that_somebody_gave_is_found_and_taken_back(deployer):
    weight = deployer.nodes()["app-1"]["weight"]
    balancer(deployer, "set server app/app-2 weight 7")
    assert ("app-2", "weight", "7") in seen(deployer)
    assert repaired(deployer) == [f"gives app-2 the weight {weight} of the others"]
    audited = deployer.platform.sql("SELECT after FROM audit_entries WHERE action = 'drift.repair'")
    assert f"gives app-2 the weight {weight}" in audited


def test_a_node_left_in_maintenance_takes_traffic_again(deployer):
    deployer.platform.run("balancer", "maintenance", "app-1")
    assert seen(deployer) == [("app-1", "state", "maintenance")]
    assert repaired(deployer) == ["gives app-1 traffic again, as soon as its checks succeed"]


def test_an_extra_server_in_maintenance_is_removed(deployer):
    balancer(deployer, "add server app/ghost 127.0.78.1:8080 weight 1")
    assert ("ghost", "presence", "in the balancer") in seen(deployer)
    assert repaired(deployer) == ["takes ghost out of the balancer: there is no such node"]
    assert "ghost" not in balancer(deployer, "show servers state")


def test_a_server_that_somebody_removed_is_there_again(deployer):
    balancer(deployer, "set server app/app-3 state maint", "shutdown sessions server app/app-3")
    until(lambda: "deleted" in balancer(deployer, "del server app/app-3"), 30)
    assert ("app-3", "presence", "not there") in seen(deployer)
    assert repaired(deployer) == ["adds app-3 to the balancer"]


def test_an_address_that_somebody_edited_leads_to_the_node_again(deployer):
    right = deployer.platform.node("app-3")["address"]
    balancer(deployer, "set server app/app-3 addr 127.0.78.1 port 8080")
    assert ("app-3", "address", "127.0.78.1:8080") in seen(deployer)
    assert repaired(deployer) == [f"leads the balancer's app-3 to {right}:8080"]


def test_an_address_edited_in_the_file_is_found_before_a_restart_takes_it(deployer):
    right = deployer.platform.node("app-2")["address"]
    file = deployer.platform.data / "run/haproxy.cfg"
    file.write_text(file.read_text().replace(f"server app-2 {right}:", "server app-2 127.0.78.1:"))
    assert seen(deployer) == [("app-2", "file", "address 127.0.78.1:8080")]
    assert repaired(deployer) == ["writes the balancer's files from what runs"]
    assert f"server app-2 {right}:8080" in file.read_text()


def test_a_node_with_another_release_gets_the_recorded_one_again(deployer):
    other = deployer.add("other")
    facts = json.loads((deployer.platform.data / "nodes/app-2.json").read_text())
    with engine.held(deployer.platform) as fence:
        engine.ask(deployer.platform, call="replace", fence=fence, grace_ms=5000,
                   facts={**facts, "acme.release": other})
    until(lambda: deployer.platform.is_ready("app-2"), 30)
    assert seen(deployer) == [("app-2", "release", other)]
    assert repaired(deployer) == [f"drains app-2 and starts {deployer.first} there"]


def test_a_stopped_program_and_a_stranger_at_its_address_are_found(deployer):
    address = deployer.platform.node("app-3")["address"]
    with engine.held(deployer.platform) as fence:
        engine.ask(deployer.platform, call="stop", fence=fence, node="app-3", grace_ms=5000)
    assert seen(deployer) == [("app-3", "process", "stopped")]
    stranger = subprocess.Popen(under_account(
        ["/usr/bin/python3", "-c", STRANGER, address]), stdout=subprocess.PIPE, text=True, cwd="/")
    assert stranger.stdout.readline() == "there\n"
    try:
        assert ("app-3", "answer", "stranger") in seen(deployer)
        _, plan = drift(deployer, "repair", "--dry-run")
        assert plan["actions"] == [] and f"{address}:8080" in plan["by_hand"][0]
    finally:
        stranger.kill()
        stranger.wait()
    assert repaired(deployer) == [f"drains app-3 and starts {deployer.first} there"]


STRANGER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Acme-Release", "stranger")
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.ThreadingHTTPServer((sys.argv[1], 8080), Answer)
print("there", flush=True)
server.serve_forever()
"""


def test_another_world_than_was_shown_is_not_repaired(deployer):
    balancer(deployer, "set server app/app-2 weight 7")
    _, plan = drift(deployer, "repair", "--dry-run")
    balancer(deployer, "set server app/app-3 state drain")
    moved = deployer.platform.run("drift", "repair", "--plan", plan["digest"], check=False)
    assert moved.returncode == 1 and "drift.plan_moved" in moved.stderr
    unsaid = deployer.platform.run("drift", "repair", check=False)
    assert unsaid.returncode == 1 and "--yes" in unsaid.stderr and "gives app-2 the weight" in unsaid.stdout
    assert len(repaired(deployer)) == 2


def test_while_a_deployment_is_under_way_nothing_is_compared(deployer):
    release = deployer.add("next")
    controller = deployer.begin(release)
    until(lambda: deployer.history() and deployer.history()[0]["state"] == "canary", 60)
    code, look = drift(deployer, "show")
    assert code == 75 and "is under way" in look["note"] and look["data"] == []
    refused = deployer.platform.run("drift", "repair", "--yes", check=False)
    assert refused.returncode in (1, 75) and "by cli" in refused.stderr or "under way" in refused.stderr
    controller.send_signal(signal.SIGINT)
    controller.communicate(timeout=180)
    assert controller.returncode == 10
    # After it the nodes weigh what a deployment gives them, all alike.


def test_a_worker_looks_every_five_minutes_and_the_api_shows_it(deployer):
    platform, api = deployer.platform, sign_in(deployer.platform)
    assert platform.sql("SELECT count(*) FROM schedules WHERE name = 'drift.look'") == "1"
    balancer(deployer, "set server app/app-1 weight 3")
    platform.sql("INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id) "
                 "VALUES ('default', 'drift.look', '{}', now(), '', 'a-look')")  # as its moment does

    def look():  # one that came by itself may have been before the weight was
        shown = api.get("/v1/drift").json()
        found = [(each["where"], each["what"], each["found"]) for each in shown["data"]]
        return ("app-1", "weight", "3") in found and shown

    shown = until(look, 30)
    assert shown["release"] == deployer.first and shown["note"] == ""
    until(lambda: [line for line in platform.logs() if line["message"] == "drift.found"], 30)
    assert sign_in(platform, "drift@example.com").get("/v1/drift").status_code == 403
    repaired(deployer)
