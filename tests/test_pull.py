"""Workers in any language: what they fetch, what they say, and what happens when they die."""

import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import uuid

import pytest
from conftest import until
from people import sign_in, until_tokens_are_signed
from worker_of import Puller, add, job, key, state, until_state

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture
def api(platform):
    return sign_in(platform, f"p{uuid.uuid4().hex[:12]}@example.com")


@pytest.fixture
def queue():
    return f"q{uuid.uuid4().hex[:12]}"


def test_jobs_come_by_priority_and_end_with_an_output(api, queue):
    late, first = add(api, queue, priority=9), add(api, queue, priority=0, payload={"token": "kept whole"})
    worker = Puller(api, queue)
    one = worker.jobs()[0]
    assert (one["id"], one["attempt"], one["payload"]) == (first, 1, {"token": "kept whole"})
    assert one["traceparent"].startswith("00-")
    said = worker.ack(done=[{"id": first, "attempt": 1, "output": {"rows": 3}}], fetch=5).json()
    assert [each["id"] for each in said["jobs"]] == [late] and said["lost"] == []
    seen = job(api, first)
    assert (seen["state"], seen["output"], seen["worker"]) == ("done", {"rows": 3}, "by hand")


def test_many_that_are_fetched_at_once_come_by_priority_too(api, queue):
    names = {priority: add(api, queue, priority=priority) for priority in (9, 0, 5)}
    assert [each["id"] for each in Puller(api, queue).jobs(10)] == [names[0], names[5], names[9]]


def test_a_call_that_waits_gets_the_job_that_comes(platform, api, queue):
    api.put(f"/v1/queues/{queue}", json={})
    got = []
    worker = Puller(api, queue, name=queue, lease_ms=120_000)
    waiting = threading.Thread(target=lambda: got.extend(worker.jobs(wait_ms=20_000)))
    waiting.start()
    until(lambda: api.get("/v1/workers").json()["data"])
    name = add(api, queue)
    waiting.join(30)
    assert [each["id"] for each in got] == [name]
    ends = "expires_at <= now() + interval '120 s'"  # not as late as that of a call which still waits
    assert platform.sql(f"SELECT {ends} FROM job_leases WHERE holder = '{queue}'") == "t"
    # Who has a job, and an hour for it, keeps that while it asks for more.
    assert api.post(f"/v1/leases/{worker.lease}:extend", json={"lease_ms": 3_600_000}).status_code == 200
    assert worker.jobs(holding=[name]) == []
    assert platform.sql(f"SELECT {ends} FROM job_leases WHERE holder = '{queue}'") == "f"


def test_what_fails_is_tried_again_and_dead_after_the_last_attempt(api, queue):
    name = add(api, queue, max_attempts=2)
    worker = Puller(api, queue)
    worker.failed(worker.jobs()[0], error_type="Timeout", message="no answer", retry_in_ms=0)
    seen = job(api, name)
    assert seen["error"] == {"type": "Timeout", "message": "no answer"} and seen["attempts"][0]["outcome"] == "retried"
    again = until(worker.jobs)[0]
    assert again["attempt"] == 2
    worker.failed(again, error_type="Timeout", message="no answer")
    seen = job(api, name)
    assert seen["state"] == "dead" and [each["outcome"] for each in seen["attempts"]] == ["retried", "dead"]
    add(api, queue, kind="pauses")
    worker.failed(worker.jobs()[0], retry_in_ms=600_000)
    assert api.get("/v1/jobs", params={"queue": queue, "state": "retrying"}).json()["data"][0]["kind"] == "pauses"
    name = add(api, queue)
    worker.failed(worker.jobs()[0])
    seen = job(api, name)
    assert seen["run_at"] > seen["attempts"][0]["ended_at"], "who does not say when waits a while"


def test_keys_run_one_after_the_other(api, queue):
    names = [add(api, queue, key="ada") for _ in range(3)]
    worker = Puller(api, queue)
    for name in names:
        got = worker.jobs(10)
        assert [each["id"] for each in got] == [name]
        worker.done(got[0])


def test_a_queues_limits_hold_for_workers_outside(api, queue):
    api.put(f"/v1/queues/{queue}", json={"running_max": 2})
    for _ in range(5):
        add(api, queue)
    first, second = Puller(api, queue), Puller(api, queue)
    got = first.jobs(10)
    assert len(got) == 2 and second.jobs(10) == []
    first.done(got[0])
    assert len(second.jobs(10)) == 1


def test_one_that_runs_is_asked_to_end_and_is_cancelled_when_it_does(api, queue):
    name = add(api, queue)
    worker = Puller(api, queue)
    one = worker.jobs()[0]
    assert api.post(f"/v1/jobs/{name}:cancel").json()["was"] == "running"
    told = api.post(f"/v1/leases/{worker.lease}:extend", json={}).json()
    assert told["cancel"] == [name]
    worker.failed(one, error_type="Cancelled")
    assert state(api, name) == "cancelled"


def test_what_is_not_the_leases_is_refused_and_changes_nothing(platform, api, queue):
    name = add(api, queue)
    worker = Puller(api, queue)
    one = worker.jobs()[0]
    other = sign_in(platform, f"f{uuid.uuid4().hex[:12]}@example.com")
    for verb, body in (("ack", {}), ("extend", {}), ("close", None), ("signal", {"state": "stop"})):
        foreign = other.post(f"/v1/leases/{worker.lease}:{verb}", json=body)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "pull.no_lease"), verb
    colleague = Puller(api, queue)
    colleague.pull()
    assert colleague.done(one)["lost"] == [name]
    assert worker.ack(done=[{"id": name, "attempt": 7}]).json()["lost"] == [name]
    assert state(api, name) == "running"
    wrong = worker.ack(done=[{"id": "x", "attempt": 1}], failed=[{"id": name}], progress=[{"id": name, "attempt": 1, "percent": 101}])
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"/done/0/id", "/failed/0/attempt", "/progress/0/percent"}
    assert worker.ack(done=[{"id": name, "attempt": 1, "output": "x" * 70_000}]).status_code == 422
    assert state(api, name) == "running"
    assert worker.done(one)["lost"] == [] and state(api, name) == "done"
    bad = api.post("/v1/pull", json={"queues": [queue, queue], "max": 1000, "wait_ms": 90_000})
    assert {error["pointer"] for error in bad.json()["errors"]} == {"/worker", "/queues", "/max", "/wait_ms"}
    assert api.post("/v1/leases/nonsense:ack", json={}).status_code == 404


def test_a_worker_that_falls_silent_loses_its_jobs_to_another(api, queue):
    name = add(api, queue)
    silent = Puller(api, queue, name="silent", lease_ms=2_000)
    one = silent.jobs()[0]
    other = Puller(api, queue, name="other")
    got = until(other.jobs, 60)
    assert (got[0]["id"], got[0]["attempt"]) == (name, 2)
    late = silent.ack(done=[{"id": name, "attempt": one["attempt"], "output": "too late"}])
    assert (late.status_code, late.json()["code"]) == (409, "pull.lease_ended")
    assert silent.pull().json()["code"] == "pull.lease_ended"
    other.done(got[0], output="in time")
    seen = job(api, name)
    assert (seen["state"], seen["output"], seen["worker"]) == ("done", "in time", "other")


def test_an_answer_that_was_lost_loses_no_job(api, queue):
    first, second = add(api, queue), add(api, queue)
    worker = Puller(api, queue)
    assert [each["id"] for each in worker.jobs()] == [first]
    assert [each["id"] for each in worker.jobs(holding=[first])] == [second]
    again = worker.jobs(2)  # it says that it has none: both answers were lost
    assert [(each["id"], each["attempt"]) for each in again] == [(first, 1), (second, 1)]


def test_workers_that_die_again_and_again_lose_no_job_and_end_none_twice(api, queue):
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    jobs = [{"queue": queue, "kind": "a", "key": f"k{n % 4}", "key_max": 5} for n in range(60)]
    names = [one["id"] for one in api.post("/v1/jobs:batch", json={"jobs": jobs}).json()["results"]]
    workers = [Puller(api, queue, name=f"w{n}", lease_ms=4_000) for n in range(3)]
    ended = []

    def step():
        place = chance.randrange(3)
        worker = workers[place]
        said = worker.pull(4)
        got = said.json()["jobs"] if said.status_code == 200 else []
        # The fourth that a job took with it would be its end.
        may_die = all(each["attempt"] < 3 for each in got)
        if said.status_code == 409 or may_die and chance.random() < 0.15:  # its lease ended, or it dies with what it got
            workers[place] = Puller(api, queue, name=worker.name, lease_ms=4_000)
            return False
        assert len({each["id"] for each in got} & set(ended)) == 0
        answer = worker.ack(done=[{"id": each["id"], "attempt": each["attempt"]} for each in got])
        if answer.status_code == 200:
            ended.extend({each["id"] for each in got} - set(answer.json()["lost"]))
        return len(ended) >= 60

    until(step, 120, pause=0)
    assert sorted(ended) == sorted(names)
    assert {one["state"] for one in api.get("/v1/jobs", params={"queue": queue, "limit": 100}).json()["data"]} == {"done"}


def test_workers_are_told_to_drain_and_what_has_not_begun_goes_back(api, queue):
    for _ in range(3):
        add(api, queue)
    worker = Puller(api, queue)
    got = worker.jobs(2)
    assert api.post(f"/v1/queues/{queue}:drain", headers=key()).json() == {"queue": queue, "workers": 1}
    assert api.get("/v1/workers").json()["data"][0]["state"] == "quiet"
    told = worker.pull(5, wait_ms=20_000, holding=[each["id"] for each in got]).json()
    assert (told["state"], told["jobs"]) == ("quiet", [])
    worker.done(got[0])
    assert api.post(f"/v1/leases/{worker.lease}:close").json() == {"returned": 1}
    assert api.get("/v1/workers").json()["data"] == []
    back = Puller(api, queue).jobs(10)
    assert [each["attempt"] for each in back] == [1, 1]
    assert api.post(f"/v1/leases/{worker.lease}:signal", json={"state": "maybe"}).status_code == 422


@pytest.fixture
def machine(platform):
    """The environment of a service account's program, and its Api."""
    email = f"m{uuid.uuid4().hex[:12]}@example.com"
    api = sign_in(platform, email)
    made = json.loads(platform.run("service-account", "create", "--email", email, "--name", "worker", "--scopes",
                                   "jobs:read,jobs:write", "--json").stdout)
    said = json.loads(platform.run("service-account", "secret", made["id"], "--json").stdout)
    until_tokens_are_signed(platform, said)
    return api, {"ACME_URL": platform.url, "ACME_CLIENT_ID": said["client_id"], "ACME_CLIENT_SECRET": said["client_secret"]}


class Program:
    """A worker of examples/, which is another process."""

    def __init__(self, environment, queue):
        self.said = []
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(EXAMPLES / "python/work.py")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={"PATH": os.environ["PATH"], "ACME_QUEUE": queue, **environment})
        self.listener = threading.Thread(target=self._collect, daemon=True)
        self.listener.start()

    def _collect(self):
        self.said.extend(iter(self.process.stdout.readline, ""))

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.listener.join(30)  # it has heard the last word
        return code


def test_a_worker_that_is_killed_in_the_middle_sees_its_job_run_elsewhere(machine, queue):
    api, environment = machine
    name = add(api, queue, payload={"seconds": 10, "steps": 10})
    killed, other = Program(environment, queue), None
    try:
        until(lambda: job(api, name)["progress"], 30)
        killed.end(signal.SIGKILL)
        other = Program(environment, queue)
        seen = until_state(api, name, "done", 120)
        assert seen["output"] == {"steps": 10} and seen["attempt"] == 2
        assert other.end(signal.SIGTERM) == 0
    finally:
        for program in (killed, other):
            if program and program.process.poll() is None:
                program.process.kill()


def test_a_worker_drains_on_the_signal_of_a_deploy_and_nothing_is_lost(machine, queue):
    api, environment = machine
    # The first lasts until the signal comes, whatever holds that up.
    names = [add(api, queue, payload={"seconds": seconds}) for seconds in (10, 0, 0, 0)]
    program = Program(environment, queue)
    try:
        until(lambda: state(api, names[0]) == "running", 30)
        assert program.end(signal.SIGTERM) == 0
        assert program.said[-1] == "drained\n"
        states = [state(api, name) for name in names]
        assert set(states) == {"done", "waiting"} and all(job(api, name)["attempt"] < 2 for name in names)
        program = Program(environment, queue)
        for name in names:
            until_state(api, name, "done", 60)
        assert api.post(f"/v1/queues/{queue}:drain").json()["workers"] == 1
        assert program.process.wait(60) == 0
    finally:
        if program.process.poll() is None:
            program.process.kill()
