"""Webhooks as programs outside get them: signed, tried again, never to where only the platform may connect."""

import contextlib
import datetime
import json
import signal
import subprocess
import threading
import uuid

import jsonschema
import pytest
import requests
from conftest import Home, Platform, under_account, until
from people import sign_in
from receiver import Receiver, Webhook, verified

ON_THIS_MACHINE = {"ACME_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture(scope="module")
def hooked():
    """A platform whose operator lets webhooks reach this machine."""
    platform = Platform(Home(), environment=ON_THIS_MACHINE)
    try:
        yield platform.start()
    finally:
        code = platform.stop()
        platform.home.remove()
    assert code == 0, "\n".join(platform.said)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def api(hooked):
    """Somebody new, with an organization of their own."""
    return sign_in(hooked, f"w{uuid.uuid4().hex[:12]}@example.com")


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def make(api, url, types=("*",)):
    made = api.post("/v1/webhooks", json={"url": url, "event_types": list(types)}, headers=key())
    assert made.status_code == 201, made.text
    return made.json()


def test(api, webhook):
    sent = api.post(f"/v1/webhooks/{webhook['id']}:test", headers=key())
    assert sent.status_code == 202, sent.text
    return sent.json()["id"]


test.__test__ = False


def deliveries(api, webhook, **query):
    return api.get(f"/v1/webhooks/{webhook['id']}/deliveries", params=query).json()["data"]


def delivery(api, webhook, name):
    return api.get(f"/v1/webhooks/{webhook['id']}/deliveries/{name}").json()


def attempted(api, webhook, name, times=1):
    """The delivery, when so many attempts are written down."""
    def look():
        seen = delivery(api, webhook, name)
        return seen if len(seen["history"]) >= times else None
    return until(look, seconds=40)


@contextlib.contextmanager
def held_back(hooked, *webhooks):
    """What is added meanwhile is all there when the first of it is sent, however long that takes."""
    urls = ", ".join(f"'{webhook['url']}'" for webhook in webhooks)
    hooked.sql(f"UPDATE webhooks SET resume_at = 'infinity' WHERE url IN ({urls})")
    yield
    hooked.sql(f"UPDATE webhooks SET resume_at = '-infinity' WHERE url IN ({urls})")


def test_what_happens_is_told_and_verified_by_the_library_of_the_standard(api, receiver):
    webhook = make(api, receiver.url(), ["file.ready", "file.deleted", "invitation.created"])
    file = api.post("/v1/files?name=a.txt", data=b"text", headers={"Content-Type": "text/plain"}).json()
    assert api.delete(f"/v1/files/{file['id']}").status_code == 204
    org = api.get("/v1/me").json()["org"]["id"]
    assert api.post(f"/v1/orgs/{org}/invitations", json={"email": "ada@example.com", "role": "member"},
                    headers=key()).status_code == 201
    until(lambda: len(receiver.events()) == 3, seconds=60)

    told = {}
    schemas = {one["name"]: one["schema"] for one in api.get("/v1/webhooks/event_types").json()["data"]}
    for request in receiver.got:
        event = verified(request, webhook["secret"])
        told[event["type"]] = event["data"]
        assert event["organization"] == org and request["headers"]["content-type"] == "application/json"
        jsonschema.validate(event["data"], schemas[event["type"]])
    assert told["file.ready"]["id"] == told["file.deleted"]["id"] == file["id"]
    assert told["invitation.created"]["email"] == "ada@example.com"
    until(lambda: {row["state"] for row in deliveries(api, webhook)} == {"delivered"}, seconds=60)
    with pytest.raises(Exception, match="(?i)signature"):
        verified(receiver.got[0], "whsec_" + "A" * 43 + "=")


def test_both_secrets_of_a_rotation_verify_and_no_secret_lies_about(hooked, api, receiver):
    webhook = make(api, receiver.url())
    rotated = api.post(f"/v1/webhooks/{webhook['id']}:rotate_secret", json={"grace_seconds": 3600}).json()
    test(api, webhook)
    request = until(lambda: receiver.got and receiver.got[0], seconds=40)
    for secret in (webhook["secret"], rotated["secret"]):
        assert verified(request, secret)["type"] == "webhook.test"
    last = api.post(f"/v1/webhooks/{webhook['id']}:rotate_secret", json={"grace_seconds": 0}).json()
    test(api, webhook)
    request = until(lambda: len(receiver.got) > 1 and receiver.got[1], seconds=40)
    assert verified(request, last["secret"])
    for secret in (webhook["secret"], rotated["secret"]):
        with pytest.raises(Exception, match="(?i)signature"):
            verified(request, secret)
    kept = hooked.sql("SELECT string_agg(w::text, ' ') FROM webhooks w") + \
        hooked.sql("SELECT string_agg(k::text, ' ') FROM idempotency_keys k") + str(hooked.logs())
    for shown in (webhook, rotated, last):
        assert shown["secret"].removeprefix("whsec_") not in kept


def spans(seen):
    """When each of its attempts began and ended."""
    for attempt in seen["history"]:
        began = datetime.datetime.fromisoformat(attempt["at"])
        yield began, began + datetime.timedelta(milliseconds=attempt["duration_ms"])


def test_a_slow_receiver_holds_up_nobody_else(hooked, api, receiver):
    with contextlib.closing(Receiver()) as other:
        slow, quick = make(api, receiver.url("/slow")), make(api, other.url("/quick"))
        hang = threading.Event()
        receiver.answers = [hang] * 4
        with held_back(hooked, slow, quick):
            late = [test(api, slow) for _ in range(8)]
            last = test(api, quick)
        began, _ = next(spans(attempted(api, quick, last)))
        first = attempted(api, slow, late[0])
    assert first["history"][0]["outcome"] == "timed_out"
    assert began < next(spans(first))[1], "it did not wait for those that hang"
    hang.set()
    until(lambda: {row["state"] for row in deliveries(api, slow)} == {"delivered"}, seconds=60)
    tries = [span for name in late for span in spans(delivery(api, slow, name))]
    assert max(sum(start <= at < end for start, end in tries) for at, _ in tries) == 4, "no more than four at once"


def test_what_a_receiver_does_wrong_is_written_down_and_tried_again(api, receiver):
    webhook = make(api, receiver.url())
    receiver.answers = [(500, {}, b"token=hunter2 is wrong"), 204]
    seen = attempted(api, webhook, test(api, webhook), 2)
    first, second = seen["history"]
    assert (first["outcome"], first["status"], second["outcome"], seen["state"]) == ("refused", 500, "delivered", "delivered")
    assert "hunter2" not in str(seen) and "is wrong" in first["response"]
    assert len(receiver.events()) == 1 and len(receiver.got) == 2, "both attempts carry the same id"

    other = receiver.url("/elsewhere")
    for answer, outcome in (("reset", "broken_off"), ((302, {"Location": other}, b""), "redirected")):
        receiver.answer = answer  # also of a second connection, when the first had been open for long
        assert attempted(api, webhook, test(api, webhook))["history"][0]["outcome"] == outcome
    receiver.answer = 204
    assert receiver.at("/elsewhere") == []

    # With another webhook: what this one still owes would take the answer.
    assert api.delete(f"/v1/webhooks/{webhook['id']}").status_code == 204
    webhook = make(api, receiver.url())
    receiver.answers = [(429, {"Retry-After": "3600"}, b"")]
    name = test(api, webhook)
    seen = attempted(api, webhook, name)
    assert seen["state"] == "pending" and seen["next_attempt_at"] > seen["history"][0]["at"][:11]
    before = len(receiver.at("/hook"))
    test(api, webhook)
    other = make(api, receiver.url("/other"))
    attempted(api, other, test(api, other))
    assert len(receiver.at("/hook")) == before, "the receiver asked for an hour, and others went by"


def test_what_happens_to_one_file_comes_in_order_also_while_it_is_tried_again(hooked, api, receiver):
    webhook = make(api, receiver.url())

    def upload(name):
        return api.post(f"/v1/files?name={name}", data=b"text", headers={"Content-Type": "text/plain"}).json()["id"]

    # The first try asks for an hour, which for others is over at once, and for the file when the other one was told.
    receiver.answers = [(429, {"Retry-After": "3600"}, b"")]
    first = upload("a.txt")
    until(lambda: receiver.got, seconds=40)
    attempted(api, webhook, deliveries(api, webhook)[0]["id"])
    hooked.sql(f"UPDATE webhooks SET resume_at = '-infinity' WHERE url = '{webhook['url']}'")
    assert api.delete(f"/v1/files/{first}").status_code == 204
    second = upload("b.txt")
    until(lambda: len(receiver.got) == 2, seconds=40)
    hooked.sql("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'pending' AND webhook_id IN "
               f"(SELECT id FROM webhooks WHERE url = '{webhook['url']}')")
    hooked.sql(f"UPDATE webhooks SET due_at = now() WHERE url = '{webhook['url']}'")
    until(lambda: len(receiver.got) == 4, seconds=40)
    told = [(event["type"], event["data"]["id"]) for event in (json.loads(request["body"]) for request in receiver.got)]
    assert [each for each in told if each[1] == first] == [
        ("file.ready", first), ("file.ready", first), ("file.deleted", first)]
    assert told[1] == ("file.ready", second), "it did not wait for the other file"
    until(lambda: {row["state"] for row in deliveries(api, webhook)} == {"delivered"}, seconds=60)


def test_410_disables_and_what_failed_is_sent_again_on_demand(hooked, api, receiver):
    webhook = make(api, receiver.url())
    receiver.answers = [410]
    name = test(api, webhook)
    until(lambda: api.get(f"/v1/webhooks/{webhook['id']}").json()["disabled_because"] == "gone", seconds=40)
    refused = api.post(f"/v1/webhooks/{webhook['id']}:test", headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "webhooks.disabled")
    email = api.get("/v1/me").json()["email"]
    administrator = sign_in(hooked)
    until(lambda: any(mail["to"] == email and "webhook" in mail["subject"]
                      for mail in administrator.get("/v1/mailbox").json()["data"]), seconds=60)

    path = f"/v1/webhooks/{webhook['id']}"
    etag = api.get(path).headers["ETag"]
    assert api.patch(path, json={"enabled": True}, headers={
        "If-Match": etag, "Content-Type": "application/merge-patch+json"}).status_code == 200
    again = api.post(f"{path}:redeliver_failed", json={}, headers=key())
    assert again.json() == {"redelivered": 1}
    until(lambda: delivery(api, webhook, name)["state"] == "delivered", seconds=40)
    assert api.post(f"{path}/deliveries/{name}:redeliver", headers=key()).status_code == 202
    until(lambda: len(receiver.got) == 3, seconds=40)
    assert len(receiver.events()) == 1


def test_workers_that_are_killed_while_they_send_lose_nothing(hooked, api, receiver):
    webhook = make(api, receiver.url())
    hang = threading.Event()
    receiver.answers = [hang] * 2
    with held_back(hooked, webhook):  # what comes later waits for what is under way
        names = [test(api, webhook) for _ in range(2)]
    until(lambda: len(receiver.got) == 2)
    for worker in hooked.names("worker"):
        hooked.kill(worker)
    hang.set()
    until(lambda: {delivery(api, webhook, name)["state"] for name in names} == {"delivered"}, seconds=90)
    assert len(receiver.events()) == 2 and len(receiver.got) == 4, "at least once, under the same id"


def test_without_the_operators_word_no_address_of_this_machine_is_reached(platform, receiver):
    api = sign_in(platform, f"w{uuid.uuid4().hex[:12]}@example.com")
    port = receiver.server.server_port
    for host in ("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "100.64.0.1"):
        refused = api.post("/v1/webhooks", json={"url": f"http://{host}:{port}/", "event_types": ["*"]}, headers=key())
        assert refused.status_code == 422 and refused.json()["errors"][0]["code"] == "webhooks.url_private", refused.text
    # Names are looked at when they are connected to: whatever they said before.
    for host in ("127.1", "2130706433", "0x7f000001"):
        webhook = make(api, f"http://{host}:{port}/hook")
        assert attempted(api, webhook, test(api, webhook))["history"][0]["outcome"] == "forbidden_address"
    assert receiver.got == []


def test_a_machine_needs_the_scope_and_a_member_the_role(hooked, receiver):
    owner = f"w{uuid.uuid4().hex[:12]}@example.com"
    sign_in(hooked, owner)
    said = hooked.run("keys", "create", "--email", owner, "--name", "ci", "--scopes", "webhooks:read").stdout.split()
    headers = {"Authorization": f"Bearer {said[1]}"}
    url = hooked.url + "/v1/webhooks"
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    refused = requests.post(url, headers={**headers, **key()}, json={"url": receiver.url(), "event_types": ["*"]}, timeout=10)
    assert (refused.status_code, refused.json()["code"]) == (403, "keys.scope_required")


def test_the_terminal_does_it_too(hooked, receiver):
    email = f"w{uuid.uuid4().hex[:12]}@example.com"
    sign_in(hooked, email)

    def say(*words):
        return [json.loads(line) for line in hooked.run("webhooks", *words, "--json").stdout.splitlines()]

    [made] = say("create", "--email", email, "--url", receiver.url(), "--types", "file.ready,file.deleted")
    assert made["event_types"] == ["file.deleted", "file.ready"] and Webhook(made["secret"])
    assert [one["id"] for one in say("list", "--email", email)] == [made["id"]]
    [sent] = say("test", made["id"])
    until(lambda: say("deliveries", made["id"], "--state", "delivered"), seconds=60)
    say("redeliver", sent["id"])
    until(lambda: len(receiver.got) == 2, seconds=40)
    assert say("redeliver", made["id"], "--failed-since", "2026-01-01T00:00:00Z") == [{"redelivered": 0}]
    [rotated] = say("rotate", made["id"], "--grace", "0")
    assert rotated["secret"] != made["secret"]
    assert say("rm", made["id"]) == [{"id": made["id"], "state": "deleted"}]
    wrong = hooked.run("webhooks", "create", "--email", email, "--url", "ftp://u@10.0.0.1/", "--types", "x", check=False)
    assert wrong.returncode == 1
    for word in ("--url  ", "/event_types/0  "):
        assert word in wrong.stderr


def listen(platform, *words):
    """The command, and its lines as they come."""
    process = subprocess.Popen(under_account([str(platform.home.binary), "webhooks", "listen", *words]), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=platform.environment,
                               cwd=platform.home.path)
    said = []
    threading.Thread(target=lambda: said.extend(iter(process.stdout.readline, "")), daemon=True).start()
    return process, said


def test_listen_forwards_to_this_machine_and_shows_what_came_of_it(platform, receiver):
    email = f"w{uuid.uuid4().hex[:12]}@example.com"
    api = sign_in(platform, email)
    process, said = listen(platform, "--email", email, "--forward-to", f"localhost:{receiver.port}/hook", "--json")
    try:
        until(lambda: said, seconds=60)
        made = json.loads(said[0])
        receiver.answers = [204, 500]
        for name in ("a.txt", "b.txt"):
            api.post(f"/v1/files?name={name}", data=b"text", headers={"Content-Type": "text/plain"})
            until(lambda: len(said) == {"a.txt": 2, "b.txt": 3}[name], seconds=60)
        assert verified(receiver.got[0], made["secret"])["type"] == "file.ready"
        shown = [json.loads(line) for line in said[1:]]
        assert [(one["event_type"], one["outcome"], one["status"]) for one in shown] == [
            ("file.ready", "delivered", 204), ("file.ready", "refused", 500)]
        assert [row["state"] for row in deliveries(api, made)] == ["failed", "delivered"]
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, said
    assert api.get("/v1/webhooks").json()["data"] == []


def test_listen_refuses_other_machines_and_ends_when_its_webhook_is_deleted(platform, receiver):
    email = f"w{uuid.uuid4().hex[:12]}@example.com"
    api = sign_in(platform, email)
    for url in ("https://example.com/hook", "10.0.0.1:4000", "localhost:22", "ftp://localhost/"):
        refused = platform.run("webhooks", "listen", "--email", email, "--forward-to", url, check=False)
        assert refused.returncode == 1 and "/url  " in refused.stderr, refused.stderr
    process, said = listen(platform, "--email", email, "--forward-to", receiver.url())
    until(lambda: len(said) == 3, seconds=60)
    assert said[2].strip() == f"Listening for {receiver.url()}; Ctrl-C ends it."
    assert api.delete(f"/v1/webhooks/{said[0].strip()}").status_code == 204
    assert process.wait(60) == 1
    until(lambda: "deleted" in said[-1])  # who collects the lines may be behind


def test_deliveries_are_counted(hooked, api, receiver):
    webhook = make(api, receiver.url())
    attempted(api, webhook, test(api, webhook))

    def metrics():
        return "".join(requests.get(hooked.node_url(name, operations=True) + "/metrics", timeout=30).text
                       for name in hooked.names("worker"))

    until(lambda: 'webhook_deliveries_total{result="delivered"}' in metrics())  # it is counted after it is written down
