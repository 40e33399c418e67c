"""Freezes and the fleet file, as a person has them at the terminal and over the API (BEY-21, C-7)."""

import datetime
import json
import pathlib
import signal
import subprocess

from conftest import until
from deployer import ROLLED_BACK, Controller, Deployer
from people import sign_in

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent / "ops/fleet.example.toml"


def freezes_of(platform):
    return json.loads(platform.run("freeze", "list", "--json").stdout)


def test_a_freeze_is_begun_seen_and_lifted_at_the_terminal(platform):
    begun = json.loads(platform.run("freeze", "--until", "2h", "--reason", "the sale", "--json").stdout)
    assert begun["is_active"] and begun["actor"] == "cli" and begun["until"].endswith("Z")
    assert "in force" in platform.run("freeze", "list").stdout
    platform.run("freeze", "lift", begun["id"], "--reason", "the sale is over")
    found = next(freeze for freeze in freezes_of(platform) if freeze["id"] == begun["id"])
    assert not found["is_active"] and found["lift_reason"] == "the sale is over"
    again = platform.run("freeze", "lift", begun["id"], "--reason", "twice", check=False)
    assert again.returncode == 1 and "changes.freeze_over" in again.stderr


def test_what_a_freeze_lacks_is_said_with_exit_code_2(platform):
    lacking = platform.run("freeze", check=False)
    assert lacking.returncode == 2
    assert "--until" in lacking.stderr and "--reason" in lacking.stderr
    past = platform.run("freeze", "--until", "2020-01-01T00:00Z", "--reason", "x", check=False)
    assert past.returncode == 1 and "lies ahead" in past.stderr


def test_an_operator_freezes_and_lifts_over_the_api(platform):
    api = sign_in(platform)
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
    for wrong in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "tomorrow"):
        assert api.post("/v1/freezes", json={"reason": "x", "until": wrong}).status_code == 422
    begun = api.post("/v1/freezes", json={"reason": "the release party", "until": until})
    assert begun.status_code == 201, begun.text
    freeze = begun.json()["id"]
    listed = api.get("/v1/freezes").json()["data"]
    assert listed[0]["id"] == freeze and listed[0]["is_active"]
    lifted = api.delete(f"/v1/freezes/{freeze}?reason=over")
    assert lifted.status_code == 200 and lifted.json()["lift_reason"] == "over"
    assert api.delete(f"/v1/freezes/{freeze}?reason=over").status_code == 409


def begin(deployer, release, *options):
    """A deployment that is ended as soon as it said why it may be begun; what it said."""
    controller = Controller(deployer, "run", release, "--reason", "a test", *options)
    note = controller.until(lambda one: one["kind"] == "note")
    controller.until_state("migrating")
    controller.process.send_signal(signal.SIGINT)
    assert controller.wait() == ROLLED_BACK, controller.told
    return note


def test_an_emergency_passes_a_freeze_with_another_person_or_with_broken_glass(start_platform):
    deployer = Deployer(start_platform())
    platform, api = deployer.platform, sign_in(deployer.platform)
    release, other = deployer.add("urgent"), deployer.add("other")
    freeze = json.loads(platform.run("freeze", "--until", "2h", "--reason", "the sale", "--json").stdout)["id"]
    refused = deployer.deploy(release, check=False)
    assert refused.returncode == 1 and "deploy.frozen" in refused.stderr
    assert f"acme freeze pass {release}" in refused.stderr and "--break-glass" in refused.stderr
    assert "another than cli" in platform.run("freeze", "pass", release, "--reason", "sign-in is down").stdout
    assert deployer.deploy(release, check=False).returncode == 1, "who lets it through does not deploy it"

    passed = api.post(f"/v1/freezes/{freeze}:pass", json={"release": release, "reason": "I looked at it"})

    assert passed.status_code == 201, passed.text
    let = begin(deployer, release)
    assert f"let through by {passed.json()['actor']}: I looked at it" in let["data"]["text"]
    assert deployer.deploy(other, check=False).returncode == 1, "another release"
    broken = begin(deployer, other, "--break-glass", "nobody else is awake")
    assert "The glass was broken by cli" in broken["data"]["text"] and "awake" in broken["data"]["text"]
    assert platform.sql("SELECT ref FROM changes WHERE kind = 'break_glass'") == broken["deployment"]
    assert next(one for one in freezes_of(platform) if one["id"] == freeze)["is_active"]
    deployer.assert_settled(deployer.first)


def test_a_deployment_over_the_api_breaks_the_glass_when_it_is_asked_for(start_platform):
    deployer = Deployer(start_platform())
    platform, api = deployer.platform, sign_in(deployer.platform)
    release = deployer.add("urgent")
    platform.run("freeze", "--until", "2h", "--reason", "the sale")
    refused = api.post("/v1/deployments", json={"release": release}, headers={"Idempotency-Key": "whole"})
    assert refused.json()["code"] == "deploy.frozen"

    asked = api.post("/v1/deployments", json={"release": release, "break_glass": "sign-in is down"},
                     headers={"Idempotency-Key": "broken"})

    assert asked.status_code == 202, asked.text
    path = f"/v1/deployments/{asked.json()['id']}"
    until(lambda: api.get(path).json()["state"] == "canary", 180)
    assert platform.sql("SELECT ref FROM changes WHERE kind = 'break_glass'") == asked.json()["id"]
    assert api.post(path + ":abort", json={"reason": "seen"}).status_code == 200
    until(lambda: api.get(path).json()["state"] == "rolled_back", 180)
    deployer.assert_settled(deployer.first)


def test_somebody_without_a_role_on_the_platform_sees_no_freezes(platform):
    assert sign_in(platform, "freezes@example.com").get("/v1/freezes").status_code == 403


def fleet_file(platform, text):
    """Where the account that runs the product can read it."""
    file = platform.home.path / "fleet.toml"
    file.write_text(text)
    file.chmod(0o644)
    return str(file)


def test_the_example_of_a_fleet_is_one_that_passes(platform):
    file = fleet_file(platform, EXAMPLE.read_text())
    assert "nothing is wrong" in platform.run("fleet", "check", file).stdout


def test_a_wrong_fleet_file_is_told_of_line_by_line_with_exit_code_1(platform):
    text = EXAMPLE.read_text().replace('roles = ["worker"]', 'rolse = ["worker"]', 1)
    file = fleet_file(platform, text.replace('"ssh://deploy@app-3"', '"app-3"'))
    wrong = platform.run("fleet", "check", file, check=False)
    assert wrong.returncode == 1
    misspelt = text.splitlines().index('rolse = ["worker"]') + 1
    assert f"{file}:{misspelt}: fail: machine.worker-1.rolse" in wrong.stdout
    assert 'did you mean "roles"?' in wrong.stdout
    assert "machine.app-3.engine" in wrong.stdout
    told = platform.run("fleet", "check", file, "--json", check=False)
    report = json.loads(told.stdout.splitlines()[0])
    assert report["status"] == "fail"
    assert {finding["id"] for finding in report["findings"]} >= {"fleet.unknown_key", "fleet.value", "fleet.missing"}


def test_a_fleet_file_is_checked_where_nothing_is_configured(platform):
    file = fleet_file(platform, EXAMPLE.read_text())
    checked = subprocess.run([str(platform.home.binary), "fleet", "check", file], capture_output=True, text=True,
                             env={"PATH": "/usr/bin"}, cwd="/tmp", timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    missing = subprocess.run([str(platform.home.binary), "fleet", "check", file + ".none"], capture_output=True,
                             text=True, env={"PATH": "/usr/bin"}, cwd="/tmp", timeout=60)
    assert missing.returncode == 1 and "fleet.no_file" in missing.stderr
