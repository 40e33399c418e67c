"""Releases on one machine: what `acme deploy` does with good ones and bad ones, on the real binary,
PostgreSQL, Redis and HAProxy. How releases misbehave is in tests/releases."""

import json
import re
import subprocess

import pytest
from conftest import under_account, until
from deployer import ROLLED_BACK, WINDOW, Deployer, Readers, records


@pytest.fixture
def deployer(start_platform):
    return Deployer(start_platform())


def test_a_good_release_goes_through_the_canary_to_every_node_and_no_reader_sees_it(deployer):
    release = deployer.add("good")
    with Readers(deployer.platform.url) as readers:
        done = deployer.deploy(release)

    deployer.assert_settled(release)
    assert readers.failures == []
    assert readers.releases[deployer.first] and readers.releases[release]
    kinds = [record["data"]["kind"] for record in records(done) if record["kind"] == "step_begun"]
    assert kinds[:3] == ["migrate", "canary", "judge"] and kinds[-3:] == ["balance", "smoke", "record"]
    newest = deployer.history()[0]
    assert (newest["state"], newest["release"]) == ("succeeded", release)
    assert deployer.nodes()["app-1"]["known_good"] == deployer.first


def test_a_plan_is_shown_first_and_only_that_plan_is_done(deployer):
    release = deployer.add("good")
    plan = json.loads(deployer.run("plan", release).stdout)
    assert plan["steps"][0]["kind"] == "migrate"
    assert "no node has told" in plan["load"] or "used" in plan["load"], "each of them has just begun, or was slow to"

    moved = deployer.run("run", release, "--plan", "sha256:" + "0" * 64, check=False)

    assert moved.returncode == 1 and "plan_moved" in moved.stderr
    assert deployer.history() == []
    deployer.assert_settled(deployer.first)
    told = until(lambda: re.search(r"used ([\d.]+) % .* would use ([\d.]+) %",
                                   json.loads(deployer.run("plan", release).stdout)["load"]), 90)
    assert abs(float(told[2]) - 1.425 * float(told[1])) < 0.2, told[0]


def test_the_plan_that_was_shown_is_done_and_undone_by_its_digest(deployer):
    release = deployer.add("good")
    words = (release, "--canary-window", WINDOW, "--reason", "a test")
    plan = json.loads(deployer.run("plan", *words).stdout)

    done = deployer.run("run", *words, "--plan", plan["digest"])

    begun = [one["data"]["kind"] for one in records(done) if one["kind"] == "step_begun"]
    assert begun == [step["kind"] for step in plan["steps"]][:len(begun)] and begun[-1] == "record"
    deployer.assert_settled(release)
    back = json.loads(deployer.run("rollback", "--dry-run").stdout)
    deployer.run("rollback", "--plan", back["digest"])
    deployer.assert_settled(deployer.first)


def test_a_person_aborts_and_is_heard(deployer):
    release = deployer.add("good")
    controller = deployer.begin(release)
    until(lambda: deployer.history() and deployer.history()[0]["state"] == "canary", 60)

    watching = subprocess.Popen(
        under_account([str(deployer.platform.home.binary), "deploy", "watch", "--json"]), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=deployer.platform.environment)
    deployer.platform.run("deploy", "abort", "--reason", "I do not like it")

    controller.wait(120)
    seen, _ = watching.communicate(timeout=60)
    told = [json.loads(line) for line in seen.splitlines()]
    assert watching.returncode == 0 and told[0]["kind"] == "begun", seen
    assert [one["data"]["state"] for one in told if one["kind"] == "state"][-1] == "rolled_back"
    assert controller.returncode == ROLLED_BACK
    deployer.assert_settled(deployer.first)
    assert "I do not like it" in deployer.history()[0]["outcome"]
