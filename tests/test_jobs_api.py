"""Background jobs over HTTP: added, looked for, acted on; what is refused changes nothing."""

import contextlib
import json
import os
import pty
import subprocess
import uuid

import pytest
import requests
from conftest import under_account, until
from people import sign_in, sign_in_by
from worker_of import Puller, add, job, key, state, until_state


@pytest.fixture
def api(platform):
    """Somebody new, with an organization of their own."""
    return sign_in(platform, f"j{uuid.uuid4().hex[:12]}@example.com")


@pytest.fixture
def queue():
    return f"q{uuid.uuid4().hex[:12]}"


def errors(answer):
    return {error["pointer"]: error["code"] for error in answer.json().get("errors", [])}


def test_a_job_is_added_seen_and_found_by_what_it_is(api, queue):
    added = api.post("/v1/jobs", json={"queue": queue, "kind": "report.make", "payload": {"month": 11, "password": "hush"},
                                       "priority": 2, "max_attempts": 3, "key": "ada"})
    assert added.status_code == 201 and not added.json()["duplicate"], added.text
    seen = job(api, added.json()["id"])
    assert (seen["state"], seen["queue"], seen["kind"], seen["attempt"]) == ("waiting", queue, "report.make", 0)
    assert (seen["priority"], seen["max_attempts"], seen["key"]) == (2, 3, "ada")
    assert seen["payload"] == {"month": 11, "password": "[redacted]"}
    later = add(api, queue, "report.send", delay_ms=3_600_000)
    assert state(api, later) == "scheduled"

    def found(**query):
        return [one["id"] for one in api.get("/v1/jobs", params={"queue": queue, **query}).json()["data"]]

    assert found() == [later, seen["id"]]
    assert found(kind="report.make") == found(key="ada") == found(state="waiting") == [seen["id"]]
    assert found(user=seen["user"]) == found() and found(state="dead") == found(kind="other") == []
    first = api.get("/v1/jobs", params={"queue": queue, "limit": 1}).json()
    rest = api.get("/v1/jobs", params={"queue": queue, "limit": 1, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == found() and rest["next_cursor"] is None


def test_the_same_request_adds_one_job_and_a_unique_one_is_the_only_one(api, queue):
    body, once = {"queue": queue, "kind": "report.make"}, key()
    first = api.post("/v1/jobs", json=body, headers=once)
    again = api.post("/v1/jobs", json=body, headers=once)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    body["unique"] = {"key": "november"}
    only = api.post("/v1/jobs", json=body)
    other = api.post("/v1/jobs", json={**body, "kind": "report.send"})
    assert only.status_code == 201 and other.status_code == 200
    assert other.json() == {"id": only.json()["id"], "duplicate": True}
    body["unique"] = {"key": "november", "scope": "kind"}
    assert api.post("/v1/jobs", json=body).status_code == 201
    assert api.post(f"/v1/jobs/{only.json()['id']}:cancel").status_code == 200
    assert api.post("/v1/jobs", json={**body, "unique": {"key": "november"}}).status_code == 201


def test_all_that_is_wrong_with_a_job_is_told_and_nothing_is_added(api, queue):
    wrong = api.post("/v1/jobs", json={"queue": "Not A Name", "kind": "", "priority": 12, "run_at": "tomorrow",
                                       "delay_ms": -1, "max_attempts": 0, "unique": {"scope": "all"}, "colour": "red"})
    assert wrong.status_code == 422
    assert set(errors(wrong)) == {"/queue", "/kind", "/priority", "/run_at", "/delay_ms", "/max_attempts", "/unique", "/colour"}
    large = api.post("/v1/jobs", json={"queue": queue, "kind": "a", "payload": "x" * 65_536})
    assert (large.status_code, large.json()["code"]) == (413, "queues.payload_too_large")
    assert api.post("/v1/jobs", json={"queue": queue, "kind": "a", "payload": "x" * 200_000}).status_code == 413
    deep = '{"queue": "%s", "kind": "a", "payload": %s%s}' % (queue, "[" * 40, "]" * 40)
    told = api.post("/v1/jobs", data=deep, headers={"Content-Type": "application/json"})
    assert (told.status_code, told.json()["code"]) == (400, "http.not_json")
    assert api.get(f"/v1/queues/{queue}").status_code == 404
    fits = add(api, queue, payload="x" * 65_534)
    assert len(job(api, fits)["payload"]) == 65_534


def test_a_batch_says_of_each_job_what_became_of_it(api, queue):
    jobs = [{"queue": queue, "kind": "a"}, {"queue": queue, "kind": "B!"}, {"queue": queue, "kind": "a", "unique": {"key": "x"}},
            {"queue": queue, "kind": "a", "unique": {"key": "x"}}]
    said = api.post("/v1/jobs:batch", json={"jobs": jobs})
    assert said.status_code == 200, said.text
    told = said.json()
    assert (told["added"], told["refused"]) == (3, 1)
    assert told["results"][1]["error"]["errors"][0]["pointer"] == "/kind"
    assert told["results"][2] | {"duplicate": True} == told["results"][3]
    lines = "\n".join(json.dumps({"queue": queue, "kind": "line", "payload": n}) for n in range(1000))
    said = api.post("/v1/jobs:batch", data=lines, headers={"Content-Type": "application/x-ndjson"})
    assert said.json()["added"] == 1000
    assert len({one["id"] for one in said.json()["results"]}) == 1000


def test_ten_thousand_jobs_are_a_batch_and_one_more_is_none(api, queue):
    many = [{"queue": queue, "kind": "a"}] * 10_000
    over = api.post("/v1/jobs:batch", json={"jobs": [*many, many[0]]})
    assert (over.status_code, over.json()["code"]) == (413, "queues.batch_too_long")
    assert api.get(f"/v1/queues/{queue}").status_code == 404

    def answer(path, body):  # a busy machine may take longer than PostgreSQL lets a statement run
        return until(lambda: (said := api.post(path, json=body)).ok and said, 120).json()

    assert answer("/v1/jobs:batch", {"jobs": many})["added"] == 10_000
    assert api.get(f"/v1/queues/{queue}").json()["depth"] == 10_000
    preview = answer(f"/v1/queues/{queue}:purge", {})
    assert (preview["matched"], preview["changed"], preview["has_more"]) == (10_000, 0, False)
    assert answer(f"/v1/queues/{queue}:purge", {"dry_run": False})["changed"] == 10_000
    assert api.get(f"/v1/queues/{queue}").json()["depth"] == 0


def test_what_waits_is_cancelled_brought_forward_and_put_off(api, queue):
    later = add(api, queue, delay_ms=3_600_000)
    assert api.post(f"/v1/jobs/{later}:retry").json()["code"] == "queues.state"
    assert api.post(f"/v1/jobs/{later}:promote").json()["was"] == "scheduled"
    assert state(api, later) == "waiting"
    assert api.post(f"/v1/jobs/{later}:reschedule", json={"run_at": "2099-01-01T00:00:00Z"}).status_code == 200
    assert job(api, later)["run_at"] == "2099-01-01T00:00:00.000Z"
    assert api.post(f"/v1/jobs/{later}:reschedule", json={}).status_code == 422
    assert api.post(f"/v1/jobs/{later}:cancel").status_code == 200
    assert state(api, later) == "cancelled"
    for verb in ("cancel", "promote", "retry"):
        assert api.post(f"/v1/jobs/{later}:{verb}").status_code == 409
    assert api.post("/v1/jobs/job_0000000000000:cancel").json()["code"] == "queues.no_job"
    assert api.get("/v1/jobs/nonsense").status_code == 404


def test_the_next_of_a_key_goes_when_the_one_before_it_is_cancelled(api, queue):
    first, second = add(api, queue, key="ada"), add(api, queue, key="ada")
    assert (state(api, first), state(api, second)) == ("waiting", "parked")
    assert api.post(f"/v1/jobs/{first}:cancel").status_code == 200
    assert state(api, second) == "waiting"


def test_a_queue_is_set_up_paused_and_resumed(platform, api, queue):
    made = api.put(f"/v1/queues/{queue}", json={"running_max": 2, "rate_per_second": 0.5, "max_attempts": 1})
    assert made.status_code == 200, made.text
    assert (made.json()["running_max"], made.json()["rate_per_second"], made.json()["depth_alert"]) == (2, 0.5, 10_000)
    assert api.put(f"/v1/queues/{queue}", json={"running_max": None, "rate_per_second": None}).json()["running_max"] is None
    assert api.put("/v1/queues/No", json={}).json()["code"] == "queues.name"
    assert api.put(f"/v1/queues/{queue}", json={"timeout_ms": 1}).status_code == 422
    add(api, queue)
    assert api.post(f"/v1/queues/{queue}:pause", json={"reason": "the relay is down"}).json()["paused"]
    seen = api.get(f"/v1/queues/{queue}").json()
    assert seen["paused"]["reason"] == "the relay is down" and seen["depth"] == 1
    worker = Puller(api, queue)
    assert worker.jobs() == []
    assert not api.post(f"/v1/queues/{queue}:resume").json()["paused"]
    assert len(worker.jobs()) == 1
    assert api.post("/v1/queues/nothing:pause", json={}).json()["code"] == "queues.not_found"
    done = platform.sql("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_entries WHERE action LIKE 'queues.%' "
                        f"AND target = '{queue}'")
    assert done == "queues.change queues.change queues.pause queues.resume"


def dead(api, queue, count, kind="sleep"):
    """So many jobs of a queue that are dead."""
    jobs = [{"queue": queue, "kind": kind} for _ in range(count)]
    ids = [one["id"] for one in api.post("/v1/jobs:batch", json={"jobs": jobs}).json()["results"]]
    worker = Puller(api, queue)
    left = count
    while left:
        got = worker.jobs(100)
        worker.ack(failed=[{"id": one["id"], "attempt": one["attempt"], "error_type": "Broken", "message": "cannot",
                            "final": True} for one in got])
        left -= len(got)
    return ids


def test_dead_jobs_are_grouped_by_cause_and_go_back_after_a_preview(api, queue):
    ids = dead(api, queue, 3)
    worker = Puller(api, queue)
    other = add(api, queue, "other", max_attempts=1)
    worker.failed(worker.jobs()[0], error_type="Odd", message="token=abcdefgh12345678 is wrong")
    assert state(api, other) == "dead" and "abcdefgh12345678" not in job(api, other)["error"]["message"]
    causes = api.get("/v1/jobs/failures", params={"queue": queue}).json()["data"]
    assert [(one["error_type"], one["dead"]) for one in causes] == [("Broken", 3), ("Odd", 1)]
    assert causes[0]["example"] == max(ids)

    path = f"/v1/queues/{queue}/dead:redrive"
    preview = api.post(path, json={"error_type": "Broken"}).json()
    assert (preview["dry_run"], preview["matched"], preview["changed"]) == (True, 3, 0)
    assert preview["examples"] == ids and state(api, ids[0]) == "discarded"
    assert api.post(path, json={"error_type": "Broken", "dry_run": False}).json()["changed"] == 3
    back = job(api, ids[0])
    assert (back["state"], back["attempt"]) == ("waiting", 0)
    assert api.post(f"/v1/jobs/{other}:retry").status_code == 200
    assert state(api, other) == "waiting"
    assert api.post("/v1/queues/nothing/dead:redrive", json={}).status_code == 404


def test_a_bulk_action_shows_first_what_it_would_change(api, queue):
    for kind in ("a", "a", "b"):
        add(api, queue, kind)
    wanted = {"filter": {"queue": queue, "kind": "a"}, "action": "cancel"}
    preview = api.post("/v1/jobs:bulk", json=wanted).json()
    assert (preview["matched"], preview["changed"], len(preview["examples"])) == (2, 0, 2)
    assert api.post("/v1/jobs:bulk", json={**wanted, "dry_run": False}).json()["changed"] == 2
    assert api.post("/v1/jobs:bulk", json={**wanted, "dry_run": False}).json()["changed"] == 0
    by_id = {"filter": {"ids": preview["examples"]}, "action": "cancel"}
    assert api.post("/v1/jobs:bulk", json=by_id).json()["matched"] == 0
    assert errors(api.post("/v1/jobs:bulk", json={"filter": {}, "action": "cancel"})) == {"/filter": "queues.filter"}
    assert api.post("/v1/jobs:bulk", json={"filter": {"ids": ["x"]}, "action": "cancel"}).status_code == 422
    assert api.post("/v1/jobs:bulk", json={"filter": {"queue": queue}, "action": "explode"}).status_code == 422


def test_nobody_sees_or_touches_the_jobs_of_another_organization(platform, api, queue):
    name = add(api, queue)
    other = sign_in(platform, f"o{uuid.uuid4().hex[:12]}@example.com")
    for path in (f"/v1/jobs/{name}", f"/v1/queues/{queue}"):
        assert other.get(path).status_code == 404
    for verb in ("cancel", "retry", "promote"):
        assert other.post(f"/v1/jobs/{name}:{verb}").status_code == 404
    assert other.get("/v1/jobs", params={"queue": queue}).json()["data"] == []
    assert other.post("/v1/jobs:bulk", json={"filter": {"kind": "sleep"}, "action": "cancel", "dry_run": False}).json()["changed"] == 0
    assert other.post("/v1/pull", json={"worker": "w", "queues": [queue]}).json()["code"] == "queues.not_found"
    assert other.get("/v1/platform/queues").status_code == 403
    assert state(api, name) == "waiting"


def test_the_platforms_own_jobs_are_its_operators(platform, api):
    admin = sign_in(platform)
    names = [queue["name"] for queue in admin.get("/v1/platform/queues").json()["data"]]
    assert "default" in names and "mail" in names
    viewer = sign_in_by(platform, platform.run("accounts", "create", "--email", "looks@example.com", "--name", "L",
                                               "--platform-role", "viewer").stdout)
    assert viewer.get("/v1/platform/jobs").status_code == 200
    assert viewer.post("/v1/platform/queues/mail:pause", json={}).status_code == 403
    assert admin.post("/v1/platform/queues/mail:pause", json={"reason": "a test"}).status_code == 200
    assert admin.post("/v1/platform/queues/mail:resume").status_code == 200
    # Those that have work: a worker that never had any holds no lease.
    assert {worker["state"] for worker in admin.get("/v1/platform/workers").json()["data"]} <= {"run"}
    added = admin.post("/v1/platform/jobs", json={"kind": "nobody.knows.it", "payload": {"a": 1}})
    assert added.status_code == 201, added.text
    name = added.json()["id"]
    assert admin.get(f"/v1/platform/jobs/{name}").json()["state"] == "waiting"
    assert admin.get(f"/v1/jobs/{name}").status_code == 404
    assert admin.post(f"/v1/platform/jobs/{name}:cancel").status_code == 200


def events(api, path):
    with api.get(path, stream=True, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        event = None
        for line in answer.iter_lines(decode_unicode=True):
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield event, json.loads(line.removeprefix("data: "))


def test_a_job_is_followed_live_until_it_has_ended(api, queue):
    name = add(api, queue)
    stream = events(api, f"/v1/jobs/{name}/events")
    assert next(stream)[1]["state"] == "waiting"
    worker = Puller(api, queue)
    one = worker.jobs()[0]
    assert next(stream)[1]["state"] == "running"
    worker.ack(progress=[{"id": name, "attempt": 1, "percent": 50, "note": "half", "data": {"rows": 7}}])
    seen = next(stream)[1]
    assert (seen["progress"]["percent"], seen["progress"]["note"], seen["progress"]["data"]) == (50, "half", {"rows": 7})
    worker.done(one, output={"rows": 14})
    event, seen = next(stream)
    assert event == "end" and (seen["state"], seen["output"], seen["worker"]) == ("done", {"rows": 14}, "by hand")
    assert list(stream) == []


def test_how_queues_fare_is_told_live(api, queue):
    stream = events(api, "/v1/jobs/events")
    assert next(stream) == ("queues", {"data": []})
    add(api, queue)
    for event, seen in stream:
        if seen["data"] and seen["data"][0]["depth"] == 1:
            break
    worker = Puller(api, queue)
    worker.done(worker.jobs()[0])
    for _, seen in stream:
        if seen["data"][0]["run_ms"]["p99"] is not None:
            break
    assert seen["data"][0]["wait_ms"]["p50"] is not None and seen["data"][0]["depth"] == 0


def test_what_ended_is_counted_minute_by_minute(api, queue):
    assert [minute["done"] for minute in api.get("/v1/jobs/throughput").json()["data"]] == [0] * 60
    for _ in range(2):
        add(api, queue)
    worker = Puller(api, queue)
    for each in worker.jobs(2):
        worker.done(each)
    dead(api, queue, 1)
    for path in ("/v1/jobs/throughput", f"/v1/jobs/throughput?queue={queue}"):
        minutes = api.get(path).json()["data"]
        assert (sum(each["done"] for each in minutes), sum(each["failed"] for each in minutes)) == (2, 1)
    assert sum(each["done"] for each in api.get("/v1/jobs/throughput?queue=elsewhere").json()["data"]) == 0


def test_a_terminal_does_all_of_it_with_a_key(platform, api, queue):
    made = api.post("/v1/me/api_keys", json={"name": "cli", "scopes": ["jobs:read", "jobs:write"]})

    def jobs(*words, check=True):
        return platform.run("jobs", *words, "--url", platform.url, "--key-file", "-", check=check, input=made.json()["key"])

    name = jobs("enqueue", "report.make", "--queue", queue, "--payload", '{"month": 11}').stdout.strip()
    assert json.loads(jobs("show", name, "--json").stdout)["payload"] == {"month": 11}
    assert name in jobs("list", "--queue", queue, "--state", "waiting").stdout
    assert jobs("pause", queue, "--reason", "a test").returncode == 0
    assert "paused: a test" in jobs("queues").stdout
    assert jobs("resume", queue).returncode == 0
    assert "was waiting" in jobs("cancel", name).stdout
    ids = dead(api, queue, 2)
    shown = json.loads(jobs("redrive", queue, "--dry-run", "--json").stdout)
    assert shown["matched"] == 2 and state(api, ids[0]) == "discarded"
    unsaid = jobs("redrive", queue, check=False)
    assert unsaid.returncode == 1 and "--yes" in unsaid.stdout + unsaid.stderr and state(api, ids[0]) == "discarded"
    assert json.loads(jobs("redrive", queue, "--yes", "--json").stdout) == {"changed": 2}
    assert json.loads(jobs("bulk", "cancel", "--queue", queue, "--yes", "--json").stdout) == {"changed": 2}
    watched = jobs("watch", ids[0], "--json")
    assert json.loads(watched.stdout)["state"] == "cancelled"
    add(api, queue)
    assert "1 jobs" in jobs("purge", queue, "--dry-run").stdout
    assert json.loads(jobs("purge", queue, "--yes", "--json").stdout) == {"changed": 1}
    wrong = jobs("show", "job_0000000000000", check=False)
    assert wrong.returncode == 1 and "no such job" in wrong.stdout + wrong.stderr
    odd = jobs("enqueue", "Not A Kind", check=False)
    assert odd.returncode == 1 and "/kind" in odd.stdout + odd.stderr


def test_a_person_at_a_terminal_is_asked_before_anything_is_changed(platform, api, queue):
    made = api.post("/v1/me/api_keys", json={"name": "cli", "scopes": ["jobs:read", "jobs:write"]})
    file = platform.home.path / f"{queue}.key"
    file.write_text(made.json()["key"])
    file.chmod(0o644)
    name = add(api, queue)

    def purge(answer):
        own, other = pty.openpty()
        words = [str(platform.home.binary), "jobs", "purge", queue, "--url", platform.url, "--key-file", str(file)]
        running = subprocess.Popen(under_account(words), stdin=other, stdout=other, stderr=other, close_fds=True,
                                   env=platform.environment, cwd=platform.home.path)
        os.close(other)
        said = b""
        with contextlib.suppress(OSError):  # which is how the end of a terminal is told
            while part := os.read(own, 4096):
                said += part
                if said.rstrip().endswith(b"[y/N]"):
                    os.write(own, answer)
                    said += b"\n"
        os.close(own)
        return running.wait(30), said.decode()

    code, said = purge(b"n\n")
    assert code == 1 and "1 jobs" in said and "Nothing was changed" in said, said
    assert state(api, name) == "waiting"
    code, said = purge(b"y\n")
    assert code == 0 and "1 jobs changed" in said, said
    assert state(api, name) == "cancelled"


def test_a_key_without_the_scope_does_nothing(platform, api, queue):
    made = api.post("/v1/me/api_keys", json={"name": "reads", "scopes": ["jobs:read"]}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert requests.get(f"{platform.url}/v1/jobs", headers=headers, timeout=10).status_code == 200
    refused = requests.post(f"{platform.url}/v1/jobs", headers=headers, json={"queue": queue, "kind": "a"}, timeout=10)
    assert (refused.status_code, refused.json()["code"]) == (403, "keys.scope_required")
    refused = requests.post(f"{platform.url}/v1/pull", headers=headers, json={"worker": "w", "queues": [queue]}, timeout=10)
    assert refused.status_code == 403
    assert until(lambda: api.get(f"/v1/queues/{queue}").status_code == 404)
