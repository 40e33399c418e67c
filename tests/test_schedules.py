"""Schedules of organizations: made over HTTP and at a terminal, fired by whichever scheduler leads."""

import contextlib
import json
import os
import signal
import subprocess
import time
import uuid

import pytest
import requests
from conftest import under_account, until
from odd_nodes import ADDRESS
from people import sign_in

# Seconds in which the two leaders die and stand still in turns; the proof of COMP-7 takes 600.
TURNS_SECONDS = float(os.environ.get("ACME_TEST_LEADER_SECONDS", "60"))


@pytest.fixture
def email():
    return f"s{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def api(platform, email):
    """Somebody new, with an organization of their own."""
    return sign_in(platform, email)


def put(api, name, **rule):
    made = api.call("PUT", f"/v1/schedules/{name}", json={"kind": "report.make", **rule})
    assert made.status_code == 201, made.text
    return made.json()


def runs_of(api, name):
    return api.get(f"/v1/schedules/{name}/runs").json()["data"]


def test_the_first_tuesday_of_each_month_at_three_shows_its_dates(api):
    made = put(api, "monthly", cron="0 3 ? * Tue#1")
    assert len(made["next_runs"]) == 10
    for run in made["next_runs"]:
        at = time.strptime(run["at"], "%Y-%m-%dT%H:%M:%S.000Z")
        assert (at.tm_wday, at.tm_hour, at.tm_min) == (1, 3, 0) and at.tm_mday <= 7, run


def test_a_malformed_expression_is_refused_with_its_position_and_changes_nothing(api):
    refused = api.call("PUT", "/v1/schedules/odd", json={"kind": "report.make", "cron": "0 25 * * Mun", "zone": "Mars"})
    assert refused.status_code == 422
    said = {(error["pointer"], error["detail"]) for error in refused.json()["errors"]}
    assert ("/cron", "at character 3: expected an hour, 0 to 23") in said
    assert ("/cron", "at character 10: expected a weekday, 0 to 7 or Sun to Sat") in said
    assert any(pointer == "/zone" for pointer, _ in said)
    assert api.get("/v1/schedules/odd").status_code == 404


def test_a_schedule_is_fired_and_its_job_knows_of_which_moment(platform, api):
    put(api, "often", cron="* * * * * *", queue="reports", payload={"to": "ada"}, overlap="skip")
    runs = until(lambda: runs_of(api, "often"), 30)
    assert runs[-1]["state"] == "open" and runs[-1]["cause"] == "due"
    org = api.get("/v1/me").json()["org"]["id"]
    rows = platform.sql(f"SELECT args FROM jobs WHERE org_id = '{org}' AND queue = 'reports'").splitlines()
    assert len(rows) == 1  # the first has not ended: the others are left out
    args = json.loads(rows[0])
    assert args["to"] == "ada" and args["schedule"]["name"] == "often"
    assert args["schedule"]["scheduled_at"][:19] == runs[-1]["scheduled_at"][:19]
    until(lambda: any(run["state"] == "skipped" for run in runs_of(api, "often")), 30)
    assert api.delete("/v1/schedules/often").status_code == 204


def test_it_is_paused_run_by_hand_and_resumed(api):
    put(api, "nightly", cron="@yearly")
    paused = api.post("/v1/schedules/nightly:pause", json={"reason": "the archive moves"})
    assert paused.json()["pause_reason"] == "the archive moves"
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = api.post("/v1/schedules/nightly:trigger", headers=key)
    assert first.status_code == 201
    assert api.post("/v1/schedules/nightly:trigger", headers=key).json() == first.json()
    assert [run["cause"] for run in runs_of(api, "nightly")] == ["trigger"]
    assert api.post("/v1/schedules/nightly:resume").json()["paused_at"] is None


def test_schedules_are_told_live_as_they_are_made_and_run(api):
    with api.get("/v1/schedules:events", stream=True, timeout=30) as answer:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
        told = (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines(decode_unicode=True) if line.startswith("data: {"))
        assert next(told) == {"data": []}
        put(api, "nightly", cron="0 3 * * *")
        assert [one["name"] for one in next(told)["data"]] == ["nightly"]
        api.post("/v1/schedules/nightly:trigger")
        assert next(told)["data"][0]["last_state"] == "open"


def test_the_terminal_has_the_same(platform, api, email):
    def acme(*words, check=True):
        return platform.run("schedule", *words, check=check)

    shown = acme("preview", "--cron", "0 3 * * Tue#1", "--count", "2", "--json").stdout.splitlines()
    assert len(shown) == 2 and all(json.loads(line)["local"].endswith("T03:00:00+00:00") for line in shown)
    wrong = acme("preview", "--cron", "0 3 * *", check=False)
    assert wrong.returncode == 1 and "at character 8: expected minute, hour, day" in wrong.stderr
    # Hourly on one morning of the year: not while this runs.
    acme("set", "hourly", "--email", email, "--cron", "0 0-3 1 1 *", "--kind", "report.make", "--overlap", "queue_all")
    assert "hourly  next " in acme("list", "--email", email).stdout
    times = ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T03:00:00Z", "--email", email]
    assert "4 would run" in acme("backfill", "hourly", *times, "--dry-run").stdout
    assert runs_of(api, "hourly") == []
    assert "1 run now, 3 one after the other" in acme("backfill", "hourly", *times).stdout
    acme("pause", "hourly", "--email", email, "--reason", "moving")
    assert json.loads(acme("show", "hourly", "--email", email, "--json").stdout)["pause_reason"] == "moving"
    acme("resume", "hourly", "--email", email)
    assert json.loads(acme("trigger", "hourly", "--email", email, "--json").stdout)["cause"] == "trigger"
    assert "hourly  deleted" in acme("delete", "hourly", "--email", email).stdout
    assert acme("show", "hourly", "--email", email, check=False).returncode == 1
    assert "sessions.sweep" in acme("list").stdout  # the platform's own


@contextlib.contextmanager
def standby(platform, name):
    """A second `acme scheduler`, on an address of its own."""
    process = subprocess.Popen(
        under_account([str(platform.home.binary), "scheduler"]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**platform.environment, "ACME_NODE": name, "METRICS_PORT": "9090", "ACME_ADDRESS": ADDRESS}, cwd=platform.home.path)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(30)


def leader_of(platform):
    return platform.sql("SELECT holder FROM leases WHERE name = 'scheduler' AND expires_at > now()")


def test_leaders_that_die_and_stand_still_fire_nothing_twice_and_miss_nothing_unseen(start_platform):
    platform = start_platform("--app-nodes", "1")
    api = sign_in(platform, "leaders@example.com")
    put(api, "second", cron="* * * * * *", overlap="allow", catchup="last")
    end = time.monotonic() + TURNS_SECONDS
    turn = 0
    with contextlib.ExitStack() as ended:
        other = ended.enter_context(standby(platform, "standby"))
        until(lambda: leader_of(platform) == "scheduler", 20)
        while time.monotonic() < end:
            leader = until(lambda: leader_of(platform), 60)
            pid = other.pid if leader == "standby" else platform.pid("scheduler")
            turn += 1
            if turn % 2:
                os.kill(pid, signal.SIGSTOP)
                until(lambda: leader_of(platform) not in ("", leader), 60)
                os.kill(pid, signal.SIGCONT)  # it thinks that it leads, and finds that it does not
            else:
                os.kill(pid, signal.SIGKILL)
                until(lambda: leader_of(platform) not in ("", leader) or platform.pid("scheduler") != pid, 60)
                if leader == "standby":
                    other = ended.enter_context(standby(platform, "standby"))
    assert turn >= 2
    until(lambda: runs_of(api, "second")[0]["state"] == "open", 60)
    key = platform.sql("SELECT name FROM schedules WHERE name LIKE '%/second'")
    # Each second from the first run to the last is a run, or within a stretch that was missed.
    assert platform.sql(f"""
        WITH rows AS (SELECT * FROM schedule_fires WHERE schedule = '{key}'),
        moments AS (SELECT generate_series(min(fire_at), max(fire_at), interval '1 s') AS at FROM rows
                    WHERE state <> 'missed')
        SELECT count(*) FROM moments WHERE NOT EXISTS (SELECT FROM rows WHERE fire_at = at AND state <> 'missed')
            AND NOT EXISTS (SELECT FROM rows WHERE state = 'missed' AND at > fire_at AND at <= through)""") == "0"
    # Each run has one job, and each job a moment of its own.
    assert platform.sql(f"""
        SELECT count(*) - count(DISTINCT args::json -> 'schedule' ->> 'scheduled_at') FROM jobs
        WHERE args::json -> 'schedule' ->> 'name' = 'second'""") == "0"
    assert platform.sql(f"""
        SELECT (SELECT count(*) FROM schedule_fires WHERE schedule = '{key}' AND state = 'open')
            - (SELECT count(*) FROM jobs WHERE args::json -> 'schedule' ->> 'name' = 'second')""") == "0"
    assert int(platform.sql(f"SELECT count(*) FROM schedule_fires WHERE schedule = '{key}' AND state = 'missed'")) > 0


def test_the_leader_shows_that_it_leads(platform):
    name = platform.names("scheduler")[0]

    def metrics():
        return requests.get(platform.node_url(name, operations=True) + "/metrics", timeout=30).text

    until(lambda: "scheduler_is_leader 1" in metrics(), 60)  # a node is there before it leads
    assert "scheduler_missed_total" in metrics()
