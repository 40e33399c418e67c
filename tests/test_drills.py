"""Drills (BEY-30): what is broken on purpose is noticed by nobody, and a safety net that is missing is."""

import json
import os
import pty
import re
import signal
import subprocess

import engine
import haproxy
import pytest
from conftest import Home, Platform, under_account, until
from deployer import Deployer
from people import sign_in


AMPLE_TIME = ("--limit", "2m")  # for what shall pass: how soon a node is back is the machine's own matter


def add_good(deployer, name, **behaviour):
    """A release that was good here once, as the end of its watch makes it one."""
    release = deployer.add(name, **behaviour)
    with engine.held(deployer.platform) as fence:
        engine.ask(deployer.platform, call="mark_good", fence=fence, release=release)
    return release


@pytest.fixture(scope="module")
def deployer():
    platform = Platform(Home())
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


@pytest.fixture
def earlier(deployer):
    """What a rollback drill goes to: the newest other release that was good."""
    release = add_good(deployer, "earlier")
    yield release
    deployer.assert_settled(deployer.first)


def drill(deployer, *words, environment=None):
    done = subprocess.run(
        under_account([str(deployer.platform.home.binary), "drill", *words, "--json"]), capture_output=True,
        text=True, env=environment or deployer.platform.environment, cwd=deployer.platform.home.path, timeout=180)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done, json.loads(lines[0]) if lines else None


def unmet(report):
    return [each["what"] for each in report["expected"] if not each["is_met"]]


def calendar(deployer):
    return {due["kind"]: due for due in drill(deployer, "list")[1]["calendar"]}


def test_a_rollback_drill_goes_back_and_forth_and_no_reader_sees_it(deployer, earlier):
    assert calendar(deployer)["rollback"]["is_overdue"]

    done, report = drill(deployer, "rollback")

    assert (done.returncode, report["result"], unmet(report)) == (0, "passed", []), done.stdout
    assert len(report["expected"]) == 3
    assert re.match(r"0 of [1-9]\d+ failed", report["expected"][2]["found"])
    deployer.assert_settled(deployer.first)
    forth, back = deployer.history()[:2]
    assert (back["release"], forth["release"]) == (earlier, deployer.first)
    assert {back["kind"], forth["kind"]} == {"rollback"}
    assert {back["reason"], forth["reason"]} == {"drill " + report["id"]}
    assert not calendar(deployer)["rollback"]["is_overdue"]
    audited = deployer.platform.sql(f"SELECT action FROM audit_entries WHERE target = '{report['id']}' ORDER BY id")
    assert audited.split() == ["drills.begin", "drills.end"]


def test_a_release_that_is_slow_to_start_fails_the_rollback_drill(deployer):
    add_good(deployer, "slow", kind="app", start_delay_s=3)

    done, report = drill(deployer, "rollback", "--limit", "4s")  # and there are three nodes, one by one

    assert (done.returncode, report["result"]) == (1, "failed"), done.stdout
    assert report["expected"][0]["what"] in unmet(report)
    deployer.assert_settled(deployer.first)


def test_a_node_that_is_killed_comes_back_and_no_reader_sees_it(deployer):
    done, report = drill(deployer, "node-kill", "--node", "app-2", *AMPLE_TIME)

    assert (done.returncode, report["result"], unmet(report)) == (0, "passed", []), done.stdout
    assert any("app-2 died: signal 9" in line for line in deployer.platform.said)
    assert not calendar(deployer)["node-kill"]["is_overdue"]
    deployer.assert_settled(deployer.first)


def reload_balancer(platform):
    """As an administrator does it who edited the file by hand."""
    def worker():  # none of one that is going
        return re.findall(r"^Pid: (\d+)", haproxy.ask(platform, "show info"), re.M)

    before = worker()
    os.kill(platform.pid("balancer"), signal.SIGUSR2)
    until(lambda: worker() not in ([], before), 30)


def test_without_second_tries_at_the_balancer_the_death_of_a_node_fails_the_drill(deployer):
    file = deployer.platform.data / "run/haproxy.cfg"
    right = file.read_text()
    wrong = re.sub(r"retries 3\n *option redispatch 1\n *retry-on .*\n", "retries 0\n", right)
    wrong = wrong.replace("inter 1s fastinter 100ms", "inter 5s fastinter 5s")
    assert wrong != right
    file.write_text(wrong)
    reload_balancer(deployer.platform)
    try:
        deployer.assert_settled(deployer.first)
        done, report = drill(deployer, "node-kill", *AMPLE_TIME)
    finally:
        file.write_text(right)
        reload_balancer(deployer.platform)
    assert report is not None and (done.returncode, report["result"]) == (1, "failed"), done.stdout
    assert unmet(report) == ["no read fails"]
    deployer.assert_settled(deployer.first)


def test_ctrl_c_stops_a_drill_and_leaves_everything_well(deployer, earlier):
    watcher, terminal = pty.openpty()
    running = subprocess.Popen(
        under_account([str(deployer.platform.home.binary), "drill", "rollback"]), stdout=terminal,
        stderr=subprocess.STDOUT, env=deployer.platform.environment, cwd=deployer.platform.home.path)
    os.close(terminal)
    said = ""
    while "All nodes go to " not in said:
        said += os.read(watcher, 1000).decode()
    running.send_signal(signal.SIGINT)
    while True:
        try:
            said += os.read(watcher, 1000).decode()
        except OSError:  # the other end is closed
            break
    os.close(watcher)
    assert running.wait(60) == 1
    assert "Stopping" in said and "proves nothing" in said
    deployer.assert_settled(deployer.first)
    assert drill(deployer, "list")[1]["drills"][0]["result"] == "stopped"


def test_a_dry_run_says_what_is_expected_and_changes_nothing(deployer, earlier):
    before = len(drill(deployer, "list")[1]["drills"]), len(deployer.history())
    for kind, sentence in (("rollback", "within 180.0 s"), ("node-kill", "in rotation again within 30.0 s")):
        done, intent = drill(deployer, kind, "--dry-run")
        assert done.returncode == 0 and intent["dry_run"]
        assert sentence in intent["expected"][0] and "no read fails" in intent["expected"]
        assert intent["time_max_ms"] > 30_000
    assert (len(drill(deployer, "list")[1]["drills"]), len(deployer.history())) == before


def test_a_drill_does_not_begin_where_something_is_amiss(deployer, earlier):
    platform = deployer.platform
    platform.run("balancer", "drain", "app-1")
    try:
        done, _ = drill(deployer, "node-kill")
        assert done.returncode == 1
        assert "drills.not_well" in done.stderr and "app-1" in done.stderr, done.stderr
    finally:
        platform.run("balancer", "ready", "app-1")
    freeze = json.loads(platform.run("freeze", "--until", "1h", "--reason", "the sale", "--json").stdout)["id"]
    try:
        done, _ = drill(deployer, "rollback")
        assert done.returncode == 1 and "the sale" in done.stderr
    finally:
        platform.run("freeze", "lift", freeze, "--reason", "over")
    done, _ = drill(deployer, "node-kill", "--node", "app-9")
    assert done.returncode == 1 and "app-9 is no node that serves" in done.stderr
    done, _ = drill(deployer, "node-kill", "--limit", "soon")
    assert done.returncode == 1 and "60s, 3m" in done.stderr


def test_production_asks_until_when_a_drill_was_agreed_on(deployer):
    known = deployer.platform.environment
    databases = {name: known[name] + "?sslmode=verify-full" for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL")}
    production = {
        **known, **databases, "ACME_PROFILE": "production",
        "REDIS_URL": "rediss://:x@127.0.0.1:1", "ACME_URL": "https://127.0.0.1:1",
        "S3_ENDPOINT": "https://127.0.0.1:1"}

    done, _ = drill(deployer, "node-kill", environment=production)
    assert done.returncode == 1 and "drills.no_window" in done.stderr and "--window 30m" in done.stderr, done.stderr
    done, _ = drill(deployer, "node-kill", "--window", "1m", "--limit", "3m", environment=production)
    assert done.returncode == 1 and "drills.window_too_short" in done.stderr, done.stderr
    done, _ = drill(deployer, "node-kill", "--window", "30m", "--dry-run", environment=production)
    assert done.returncode == 0, done.stdout


def test_the_api_shows_drills_to_a_viewer_and_to_nobody_else(deployer):
    done, report = drill(deployer, "node-kill", "--window", "10m", *AMPLE_TIME)
    assert done.returncode == 0, done.stdout
    shown = sign_in(deployer.platform).get("/v1/drills")
    assert shown.status_code == 200, shown.text
    newest = shown.json()["data"][0]
    assert newest == report and newest["window_until"]
    assert {due["kind"] for due in shown.json()["calendar"]} == {"rollback", "node-kill"}
    assert sign_in(deployer.platform, "drills@example.com").get("/v1/drills").status_code == 403
