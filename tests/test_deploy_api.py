"""Deployments over HTTP (section 9): every route against a real platform, whose scheduler carries out
what is asked for. Every answer is held against the OpenAPI document."""

import datetime
import json
import os
import pathlib
import signal
import threading
import uuid

import pytest
import requests
from conftest import until
from deployer import Deployer
from people import sign_in

WINDOW_MS = 12_000
READS = ["/v1/deployments", "/v1/releases", "/v1/releases/current", "/v1/releases/figures", "/v1/fleet"]


class Operator:
    """Somebody signed in who deploys over the API."""

    def __init__(self, platform):
        self.api = sign_in(platform)

    def post(self, path, body, key=None, **options):
        return self.api.post(path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())}, **options)

    def deploy(self, release, **more):
        answer = self.post("/v1/deployments", {
            "release": release, "canary_window_ms": WINDOW_MS, "reason": "a test", **more})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def detail(self, deployment):
        answer = self.api.get(f"/v1/deployments/{deployment}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, deployment, verb, reason="because"):
        return self.post(f"/v1/deployments/{deployment}:{verb}", {"reason": reason})

    def wait_for(self, deployment, *states, seconds=240):
        """A node that answers may be replaced at that moment: it is asked again."""
        found = {}

        def seen():
            try:
                found.update(self.detail(deployment))
            except (requests.RequestException, AssertionError):
                return False
            return found["state"] in states or found["ended_at"]

        until(seen, seconds, 0.2)
        assert found["state"] in states, (found["state"], found["outcome"], found["steps"][-3:])
        return found


class Follower:
    """Reads a deployment's events until its end, again and again from the last one that it had."""

    def __init__(self, api, deployment):
        self.path = f"/v1/deployments/{deployment}/events"
        self.url, self.cookies = api.url, dict(api.http.cookies)
        self.records, self.end, self.streams = [], None, 0
        self._stopping = False
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while self.end is None and not self._stopping:
            last = {"Last-Event-ID": str(self.records[-1]["seq"])} if self.records else {}
            try:
                with requests.get(self.url + self.path, headers=last, cookies=self.cookies, stream=True,
                                  timeout=(5, 30)) as stream:
                    if stream.status_code != 200:
                        continue
                    self.streams += 1
                    self._read(stream)
            except requests.RequestException:
                continue

    def _read(self, stream):
        event = {}
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
                continue
            if event.get("event") == "record":
                record = json.loads(event["data"])
                assert str(record["seq"]) == event["id"]
                self.records.append(record)
            elif event.get("event") == "end":
                self.end = json.loads(event["data"])
                return
            event = {}

    def states(self):
        return [record["data"]["state"] for record in self.records if record["kind"] == "state"]

    def stop(self):
        self._stopping = True


@pytest.fixture
def deployer(start_platform):
    return Deployer(start_platform())


@pytest.fixture
def operator(deployer):
    return Operator(deployer.platform)


def test_a_fresh_platform_shows_what_runs_and_that_nothing_was_deployed(platform):
    api = sign_in(platform)
    running = platform.node("app-1")["release"]

    assert api.get("/v1/deployments").json() == {"data": [], "next_cursor": None}
    current = api.get("/v1/releases/current").json()
    assert (current["release"], current["known_good"]) == (running, running)
    assert current["deployment_id"] is None and current["rollback_to"] is None
    release, = api.get("/v1/releases").json()["data"]
    assert (release["id"], release["is_current"], release["is_eligible"]) == (running, True, False)
    assert release["is_stored"] and release["first_at"] is None
    figures = api.get("/v1/releases/figures?days=7").json()
    assert figures["deployment_frequency"] == {"count": 0, "per_day": 0}
    fleet = api.get("/v1/fleet").json()
    assert {node["name"] for node in fleet["nodes"]} == set(
        platform.names("serve") + platform.names("worker") + platform.names("scheduler"))
    assert all(node["is_running"] for node in fleet["nodes"]) and fleet["frozen"] is None
    until(lambda: all(node["is_ready"] for node in api.get("/v1/fleet").json()["nodes"]), 30)


def test_what_is_not_there_or_malformed_is_refused_by_its_name(platform):
    operator = Operator(platform)
    running = platform.node("app-1")["release"]
    for path in ("/v1/deployments/dpl_1", "/v1/deployments/dpl_1/events"):
        assert operator.api.get(path).status_code == 404
    assert operator.ask("dpl_00000000000000000000000000", "abort").status_code == 404
    assert operator.api.get("/v1/deployments?state=walking").status_code == 422
    assert operator.api.get("/v1/deployments?cursor=x").status_code == 400
    for days in ("0", "367", "week"):
        assert operator.api.get(f"/v1/releases/figures?days={days}").status_code == 422
    unknown = operator.post("/v1/deployments", {"release": "0" * 40})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "deploy.unknown_release")
    for body in ({"release": "short"}, {"release": running, "canary_window_ms": 60_000}, {}, {"release": running, "now": 1},
                 {"release": running, "canary": "worker-1"}):
        assert operator.post("/v1/deployments", body).status_code == 422, body
    for path in ("/v1/deployments", "/v1/rollbacks"):
        keyless = operator.api.post(path, json={"release": running} if path.endswith("deployments") else {})
        assert (keyless.status_code, keyless.json()["code"]) == (400, "http.key_required")
    nowhere = operator.post("/v1/rollbacks", {})
    assert (nowhere.status_code, nowhere.json()["code"]) == (409, "rollback.nowhere")
    assert operator.api.get("/v1/deployments").json()["data"] == []


def test_somebody_without_a_role_on_the_platform_sees_and_deploys_nothing(platform):
    nobody = Operator(platform)
    nobody.api = sign_in(platform, "deployments@example.com")
    for path in READS:
        assert nobody.api.get(path).status_code == 403, path
    assert nobody.post("/v1/deployments", {"release": "0" * 40}).status_code == 403
    assert nobody.post("/v1/rollbacks", {}).status_code == 403


def test_a_frozen_environment_takes_no_deployment(platform):
    operator = Operator(platform)
    until_then = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
    freeze = operator.api.post("/v1/freezes", json={"reason": "the sale", "until": until_then}).json()["id"]
    try:
        refused = operator.post("/v1/deployments", {"release": platform.node("app-1")["release"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "deploy.frozen")
        assert "the sale" in refused.json()["detail"]
        assert operator.api.get("/v1/fleet").json()["frozen"]["id"] == freeze
    finally:
        operator.api.delete(f"/v1/freezes/{freeze}?reason=over")
    assert operator.api.get("/v1/fleet").json()["frozen"] is None


def test_a_release_is_queued_followed_held_and_becomes_the_current_one(deployer, operator):
    release = deployer.add("good")
    body = {"release": release[:12], "canary_window_ms": WINDOW_MS, "reason": "a test"}
    queued = operator.post("/v1/deployments", body, key="one")
    assert queued.status_code == 202, queued.text
    deployment = queued.json()["id"]
    assert (queued.json()["state"], queued.json()["release"]) == ("queued", release)
    again = operator.post("/v1/deployments", body, key="one")
    assert again.headers["Idempotency-Replayed"] == "true" and again.json()["id"] == deployment
    assert operator.post("/v1/deployments", {**body, "reason": "another"}, key="one").status_code == 422

    follower = Follower(operator.api, deployment)
    seen = operator.wait_for(deployment, "canary")
    assert seen["can"]["hold"]["allowed"] and not seen["can"]["resume"]["allowed"]
    assert seen["can"]["rollback"] == {"allowed": True, "why": "", "to": deployer.first}
    held = operator.ask(deployment, "hold", "lunch")
    assert held.status_code == 200, held.text
    assert (held.json()["wish"], held.json()["wish_reason"]) == ("hold", "lunch") and held.json()["wish_at"]
    assert operator.ask(deployment, "hold").json()["code"] == "deploy.is_held"
    until(lambda: any(sample.get("held") for sample in operator.detail(deployment)["samples"]), 60, 0.5)
    fleet = operator.api.get("/v1/fleet").json()["nodes"]
    canary, = [node for node in fleet if node["track"] == "canary"]
    assert (canary["release"], canary["weight"]) == (release, 2)
    assert operator.ask(deployment, "resume").status_code == 200
    operator.wait_for(deployment, "succeeded")
    until(lambda: "succeeded" in follower.states(), 60)
    follower.stop()

    assert [record["seq"] for record in follower.records] == list(range(1, len(follower.records) + 1))
    assert follower.states()[:2] == ["migrating", "canary"]
    done = operator.detail(deployment)
    assert [step["number"] for step in done["steps"]] == list(range(1, len(done["steps"]) + 1))
    assert done["plan"]["release"] == release and done["canary_passed"]
    assert done["can"]["promote"]["allowed"] is False
    deployer.assert_settled(release)
    current = operator.api.get("/v1/releases/current").json()
    assert (current["release"], current["known_good"], current["rollback_to"]) == (release, deployer.first, deployer.first)
    assert current["deployment_id"] == deployment
    marks = {one["id"]: one for one in operator.api.get("/v1/releases").json()["data"]}
    assert marks[release]["is_current"] and marks[release]["first_at"] and marks[release]["digest"]
    assert marks[deployer.first]["is_eligible"] and marks[deployer.first]["is_known_good"]
    assert operator.api.get("/v1/releases/figures").json()["deployment_frequency"]["count"] == 1
    listed = operator.api.get("/v1/deployments?state=succeeded,good").json()["data"]
    assert [one["id"] for one in listed] == [deployment]
    assert operator.api.get("/v1/deployments?state=queued").json()["data"] == []
    assert operator.api.get("/v1/deployments?environment=elsewhere").json()["data"] == []


def test_a_canary_that_is_aborted_goes_back_and_its_stream_ends_with_the_deployment(deployer, operator):
    release = deployer.add("good")
    deployment = operator.deploy(release, canary_window_ms=300_000)
    early = operator.ask(deployment, "promote")
    assert (early.status_code, early.json()["code"]) == (409, "deploy.canary_required")
    follower = Follower(operator.api, deployment)
    operator.wait_for(deployment, "canary")

    assert operator.ask(deployment, "abort", "we have seen enough").status_code == 200

    ended = operator.wait_for(deployment, "rolled_back")
    assert "we have seen enough" in ended["outcome"]
    until(lambda: follower.end, 60)
    assert follower.end["state"] == "rolled_back" and follower.states()[-1] == "rolled_back"
    assert operator.ask(deployment, "abort").json()["code"] == "deploy.has_ended"
    assert ended["can"]["rollback"]["allowed"] is False
    deployer.assert_settled(deployer.first)
    rate = operator.api.get("/v1/releases/figures").json()
    assert (rate["change_failure_rate"]["failed"], rate["time_to_restore"]["count"]) == (1, 1)


def test_who_deploys_over_the_api_is_promoted_early_by_another_person(deployer, operator):
    deployment = operator.deploy(deployer.add("good"), canary_window_ms=300_000)
    seen = operator.wait_for(deployment, "canary")
    assert not seen["can"]["promote"]["allowed"] and "another person" in seen["can"]["promote"]["why"]
    own = operator.ask(deployment, "promote", "it is well")
    assert (own.status_code, own.json()["code"]) == (409, "deploy.second_person")

    deployer.platform.run("deploy", "promote", "--reason", "it is well")

    done = operator.wait_for(deployment, "succeeded")
    judged, = [step for step in done["steps"] if step["kind"] == "judge"]
    assert judged["evidence"] == "promoted early by cli: it is well"
    assert deployer.platform.sql("SELECT count(*) FROM changes WHERE kind = 'break_glass'") == "0"


def test_a_rollback_takes_over_what_runs_and_nothing_new_is_taken_meanwhile(deployer, operator):
    release = deployer.add("good")
    deployment = operator.deploy(release, canary_window_ms=300_000)
    operator.wait_for(deployment, "canary")

    asked = operator.post("/v1/rollbacks", {"reason": "it is night"}, key="back")

    assert asked.status_code == 202, asked.text
    rollback = asked.json()
    assert (rollback["kind"], rollback["release"]) == ("rollback", deployer.first)
    refused = operator.post("/v1/deployments", {"release": release, "canary_window_ms": WINDOW_MS, "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "deploy.rollback_runs")
    assert operator.post("/v1/rollbacks", {"reason": "it is night"}, key="back").json()["id"] == rollback["id"]
    done = operator.wait_for(rollback["id"], "rolled_back")
    assert done["reason"] == "it is night" and done["ended_at"]
    assert operator.detail(deployment)["state"] == "cancelled"
    deployer.assert_settled(deployer.first)
    assert operator.api.get("/v1/releases/current").json()["release"] == deployer.first


def test_the_newest_takes_the_place_of_what_waits_and_what_waits_is_aborted_at_once(deployer, operator):
    first, second, third = (deployer.add(name) for name in ("first", "second", "third"))
    running = operator.deploy(first, canary_window_ms=300_000)
    operator.wait_for(running, "canary")
    waiting = operator.deploy(second)

    newest = operator.deploy(third)

    superseded = operator.detail(waiting)
    assert superseded["state"] == "superseded" and newest in superseded["outcome"]
    assert operator.ask(newest, "abort", "a mistake").json()["state"] == "cancelled"
    page = operator.api.get("/v1/deployments?limit=2").json()
    assert [one["id"] for one in page["data"]] == [newest, waiting]
    rest = operator.api.get(f"/v1/deployments?limit=2&cursor={page['next_cursor']}").json()
    assert [one["id"] for one in rest["data"]] == [running] and rest["next_cursor"] is None
    operator.ask(running, "abort")
    operator.wait_for(running, "rolled_back")


def series_of(platform):
    """What the scheduler shows of deployments."""
    text = requests.get(platform.node_url(platform.names("scheduler")[0], operations=True) + "/metrics", timeout=5).text
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs if "deploy" in name or name.startswith("acme_")}


def test_the_series_of_deployments_outlive_the_scheduler(deployer, operator):
    deployment = operator.deploy(deployer.add("bad", refuse_start=True))
    operator.wait_for(deployment, "rolled_back")
    rolled_back = 'deployments_total{environment="local",result="rolled_back"}'
    expected = {rolled_back: 1, 'deploy_consecutive_failures{environment="local"}': 1,
                "acme_rollback_duration_seconds_count": 1, 'deploy_step_seconds_count{step="canary"}': 1,
                "deploy_canary_share": 0, "acme_app_nodes_ready": 3}

    def shown():
        try:
            series = series_of(deployer.platform)
        except requests.RequestException:
            return None
        return {name: series.get(name) for name in expected}

    until(lambda: shown() == expected, 60, 0.5)  # they are read one after the other
    deployer.platform.kill(deployer.platform.names("scheduler")[0])
    seen = []

    def again():
        try:
            series = series_of(deployer.platform)
        except requests.RequestException:
            return False
        seen.append(series.get(rolled_back))
        return seen[-1]

    until(again, 60, 0.1)
    assert set(seen) <= {None, 1.0}
    until(lambda: shown() == expected, 60, 0.5)


def test_whoever_watches_the_topic_hears_of_what_is_asked_and_of_what_is_told(deployer, operator):
    release = deployer.add("good")
    heard, last = [], {}

    def read(stream):
        heard.append({})
        stream.encoding = "utf-8"  # also of an answer that is no stream, and has none
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("id: "):
                last["Last-Event-ID"] = line.removeprefix("id: ")
            if line.startswith("data: "):
                heard.append(json.loads(line.removeprefix("data: ")))

    def listen():
        try:
            while True:  # a node that is replaced sends its listeners on
                with operator.api.http.get(operator.api.url + "/v1/events?topics=deployments", stream=True,
                                           timeout=60, headers=last) as stream:
                    read(stream)
        except requests.RequestException:
            pass  # the platform ends before we do

    threading.Thread(target=listen, daemon=True).start()
    until(lambda: heard, 30)
    deployment = Operator(deployer.platform).deploy(release)

    def told(verb):
        return [event for event in heard if event.get("verb") == verb and event["id"] == deployment]

    until(lambda: told("queued") and len(told("told")) >= 3, 60)
    assert told("queued")[0]["patch"]["release"] == release
    assert [event["patch"]["seq"] for event in told("told")][:3] == [1, 2, 3]
    Operator(deployer.platform).ask(deployment, "abort")
    until(lambda: told("asked"), 30)


def postgresql(platform):
    """The process ids of the server and of all its sessions."""
    server = platform.pid("postgres")
    return [server, *map(int, pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split())]


def test_without_postgresql_the_answer_is_503_and_it_passes(deployer, operator):
    stopped = postgresql(deployer.platform)
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        for path in READS[:4]:
            assert operator.api.get(path).status_code == 503, path
        assert operator.post("/v1/rollbacks", {}).status_code == 503
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
    until(lambda: operator.api.get("/v1/deployments").status_code == 200, 30)
