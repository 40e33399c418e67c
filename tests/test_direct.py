"""Files that go in parts to signed addresses, past every session: on one machine these lead to a node, with S3
straight into the bucket (STOR-2, STOR-6)."""

import hashlib
import os
import pathlib
import re
import subprocess

import pytest
import requests
from conftest import until
from people import sign_in
from sink import free_port

MIB = 1024 * 1024


def begin(api, content, **options):
    made = api.post("/v1/files/direct", json={"name": "a.bin", "size": len(content), **options})
    assert made.status_code == 201, made.text
    return made.json()


def send(part, content, part_size):
    first = (part["n"] - 1) * part_size
    answer = requests.put(part["url"], data=content[first:first + part["size"]], headers=part["headers"], timeout=60)
    assert answer.status_code in (200, 204), answer.text
    return {"n": part["n"], "etag": answer.headers["ETag"]}


def complete(api, upload, parts):
    return api.post(f"/v1/uploads/direct/{upload['upload_id']}:complete", json={"parts": parts})


def ended(api, upload):
    def settled():
        now = api.get(f"/v1/uploads/direct/{upload['upload_id']}").json()
        return now if now["state"] in ("ready", "failed") else None
    return until(settled, seconds=30)


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 5 * MIB + 1, 12 * MIB])
def test_what_goes_in_parts_is_a_file_with_its_sha256(platform, api, size):
    content = os.urandom(size)
    digest = hashlib.sha256(content).hexdigest()
    upload = begin(api, content, sha256=digest, type="application/x-thing")
    assert upload["part_count"] == len(upload["parts"]) == -(-size // upload["part_size"])
    parts = [send(part, content, upload["part_size"]) for part in upload["parts"]]
    answer = complete(api, upload, parts)
    assert answer.status_code == 202, answer.text
    assert complete(api, upload, parts).status_code == 202
    assert ended(api, upload)["state"] == "ready"
    file = api.get(f"/v1/files/{upload['file_id']}").json()
    assert (file["size"], file["sha256"]) == (size, digest)
    assert size < 2 or file["content_type"] == "application/x-thing"
    assert api.get(f"/v1/files/{upload['file_id']}/content").content == content
    assert complete(api, upload, parts).json()["state"] == "ready"


def test_what_is_not_what_was_announced_never_becomes_a_file(api):
    content = os.urandom(1000)
    upload = begin(api, content, sha256=hashlib.sha256(b"something else").hexdigest())
    complete(api, upload, [send(upload["parts"][0], content, upload["part_size"])])
    now = ended(api, upload)
    assert (now["state"], now["reason"]) == ("failed", "uploads.checksum_mismatch")
    assert api.get(f"/v1/files/{upload['file_id']}").status_code == 404
    again = complete(api, upload, [{"n": 1, "etag": "x"}])
    assert (again.status_code, again.json()["code"]) == (409, "uploads.not_open")


def test_without_etags_the_store_is_asked_for_the_parts(api):
    content = os.urandom(6 * MIB)
    upload = begin(api, content, sha256=hashlib.sha256(content).hexdigest())
    path = f"/v1/uploads/direct/{upload['upload_id']}:complete"
    send(upload["parts"][0], content, upload["part_size"])
    early = api.post(path, json={})
    assert (early.status_code, early.json()["code"]) == (409, "uploads.parts_mismatch") and "parts 2." in early.json()["detail"]
    send(upload["parts"][1], content, upload["part_size"])
    assert api.post(path, json={}).status_code == 202
    assert ended(api, upload)["state"] == "ready"
    assert api.get(f"/v1/files/{upload['file_id']}/content").content == content


def test_what_failed_and_what_was_removed_is_in_the_audit(platform, api):
    content = os.urandom(1000)
    other = begin(api, content, sha256=hashlib.sha256(b"something else").hexdigest())
    complete(api, other, [send(other["parts"][0], content, other["part_size"])])
    ended(api, other)
    removed = begin(api, content)
    assert api.delete(f"/v1/uploads/direct/{removed['upload_id']}").status_code == 204
    told = platform.sql("SELECT target || ' ' || after FROM audit_entries WHERE action = 'uploads.end'")
    for upload, reason in ((other, "uploads.checksum_mismatch"), (removed, "uploads.removed")):
        assert any(line.startswith(upload["upload_id"]) and reason in line for line in told.splitlines())


def test_beyond_its_day_an_upload_takes_nothing_and_its_room_comes_back(platform):
    api = sign_in(platform, "direct-late@example.com")
    usage = f"/v1/orgs/{api.get('/v1/me').json()['org']['id']}/usage"
    content = os.urandom(1000)
    upload = begin(api, content)
    path = f"/v1/uploads/direct/{upload['upload_id']}"
    part = send(upload["parts"][0], content, upload["part_size"])
    assert api.get(usage).json()["bytes_reserved"] == len(content)
    platform.sql("UPDATE uploads SET expires_at = now() - interval '1 s' WHERE length = 1000 AND state = 'open'"
                 " AND id = (SELECT id FROM uploads ORDER BY created_at DESC LIMIT 1)")
    now = api.get(path).json()
    assert (now["state"], now["reason"]) == ("failed", "uploads.expired")
    for answer in (complete(api, upload, [part]), api.get(path + "/parts")):
        assert (answer.status_code, answer.json()["code"]) == (409, "uploads.not_open")
    late = requests.put(upload["parts"][0]["url"], data=content, headers=upload["parts"][0]["headers"], timeout=30)
    assert late.status_code == 409
    platform.sql("INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id) "
                 "VALUES ('default', 'uploads.sweep', '\"\"', now(), '', 'test')")
    until(lambda: api.get(usage).json()["bytes_reserved"] == 0, seconds=30)
    assert api.get(path).json()["reason"] == "uploads.expired"


def test_an_address_is_for_one_part_of_its_length(api):
    content = os.urandom(6 * MIB)
    upload = begin(api, content)
    first, second = upload["parts"]
    for url, data in ((first["url"], content[:1000]), (first["url"].replace("/parts/1", "/parts/2"), content[:MIB]),
                      (second["url"], content[:MIB + 1]), (second["url"][:-3], content[5 * MIB:])):
        assert requests.put(url, data=data, headers=first["headers"], timeout=30).status_code in (404, 422)
    fresh = api.get(f"/v1/uploads/direct/{upload['upload_id']}/parts", params={"from": 2}).json()
    assert [part["n"] for part in fresh["data"]] == [2] and fresh["next_from"] is None
    parts = [send(first, content, upload["part_size"]), send(fresh["data"][0], content, upload["part_size"])]
    assert complete(api, upload, [parts[0]]).json()["code"] == "uploads.parts_mismatch"
    wrong = complete(api, upload, [parts[0], {"n": 2, "etag": parts[0]["etag"]}])
    assert (wrong.status_code, wrong.json()["code"]) == (409, "uploads.parts_mismatch")
    assert complete(api, upload, parts).status_code == 202
    assert ended(api, upload)["state"] == "ready"


def test_many_parts_come_in_pages(api):
    upload = begin(api, b"x" * (45 * MIB))
    assert len(upload["parts"]) == 9
    page = api.get(f"/v1/uploads/direct/{upload['upload_id']}/parts", params={"from": 9}).json()
    assert page["data"][0]["size"] == 5 * MIB
    for wrong in ("0", "10", "x"):
        assert api.get(f"/v1/uploads/direct/{upload['upload_id']}/parts", params={"from": wrong}).status_code == 422
    assert api.delete(f"/v1/uploads/direct/{upload['upload_id']}").status_code == 204
    assert requests.put(upload["parts"][0]["url"], data=b"x" * (5 * MIB), timeout=30).status_code == 409
    assert api.get(f"/v1/uploads/direct/{upload['upload_id']}").json()["reason"] == "uploads.removed"


def test_what_is_too_large_or_unnamed_is_refused_before_anything_is_sent(api):
    for body, code in (({"name": "a", "size": 50 * MIB + 1}, 413), ({"name": "a"}, 422), ({"name": "", "size": 1}, 422),
                       ({"name": "a", "size": -1}, 422), ({"name": "a", "size": 1, "sha256": "x" * 64}, 422),
                       ({"name": "a/\n", "size": 1}, 422)):
        assert api.post("/v1/files/direct", json=body).status_code == code, body


def test_a_repeated_beginning_is_the_same_upload_with_fresh_addresses(api):
    key = {"Idempotency-Key": "direct-" + os.urandom(8).hex()}
    body = {"name": "once.bin", "size": 1000}
    first = api.post("/v1/files/direct", json=body, headers=key)
    again = api.post("/v1/files/direct", json=body, headers=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["upload_id"] == first.json()["upload_id"] and again.json()["parts"]
    assert api.post("/v1/files/direct", json={**body, "size": 2}, headers=key).status_code == 422


def test_another_tenant_sees_nothing_of_it(platform, api):
    upload = begin(api, b"mine")
    other = sign_in(platform, "direct-tenant@example.com")
    path = f"/v1/uploads/direct/{upload['upload_id']}"
    assert other.get(path).status_code == other.get(path + "/parts").status_code == 404
    assert complete(other, upload, [{"n": 1, "etag": "x"}]).status_code == 404
    assert other.delete(path).status_code == 404
    assert api.get(path).json()["state"] == "open"


GATEWAY = pathlib.Path(__file__).parents[1] / ".acme/tools/versitygw@1.8.0/versitygw"
KEYS = {"AWS_ACCESS_KEY_ID": "test-access", "AWS_SECRET_ACCESS_KEY": "test-secret-key"}


@pytest.fixture
def s3(tmp_path):
    """A server that checks every signature, and the settings that lead to its bucket."""
    for part in ("iam", "buckets/files"):
        (tmp_path / part).mkdir(parents=True)
    port = free_port()
    words = [GATEWAY, "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"],
             "--port", f"127.0.0.1:{port}", "--iam-dir", tmp_path / "iam", "posix", tmp_path / "buckets"]
    server = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield {"S3_ENDPOINT": f"http://127.0.0.1:{port}", "S3_PUBLIC_ENDPOINT": f"http://localhost:{port}",
               "S3_BUCKET": "files", "S3_REGION": "us-east-1", "S3_FORCE_PATH_STYLE": "true", **KEYS}
    finally:
        server.terminate()
        server.wait(60)


def test_with_s3_the_bytes_never_pass_a_node(s3, start_platform):
    platform = start_platform("--replicas", "0", environment=s3)
    api = sign_in(platform)
    content = os.urandom(10 * MIB + 1000)
    upload = begin(api, content, sha256=hashlib.sha256(content).hexdigest())
    assert all(part["url"].startswith(s3["S3_PUBLIC_ENDPOINT"] + "/files/org_") for part in upload["parts"])
    first, second, third = upload["parts"]
    short = requests.put(third["url"], data=content[-999:], headers=third["headers"], timeout=30)
    assert short.status_code == 403, "the length is signed"
    other = requests.put(third["url"], data=content[-1000:], headers={"Content-Type": "text/html"}, timeout=30)
    assert other.status_code == 403, "so is the type"
    parts = [send(part, content, upload["part_size"]) for part in (first, second)]
    curl = subprocess.run(["curl", "-sS", "-D", "-", "-X", "PUT", "-H", f"Content-Type: {third['headers']['Content-Type']}",
                           "--data-binary", "@-", third["url"]], input=content[10 * MIB:], capture_output=True, check=True)
    etag = re.search(rb"(?i)^etag: (\S+)", curl.stdout, re.M).group(1).decode()
    parts.append({"n": 3, "etag": etag})
    assert complete(api, upload, [*parts[:2], {"n": 3, "etag": parts[0]["etag"]}]).status_code == 409
    assert api.post(f"/v1/uploads/direct/{upload['upload_id']}:complete", json={}).status_code == 202
    assert ended(api, upload)["state"] == "ready"
    assert api.get(f"/v1/files/{upload['file_id']}/content").content == content
