"""Resumable uploads (tus 1.0) through the balancer and every node, judged by tus-js-client, which others wrote: what
was acknowledged is never lost, whatever dies (STOR-2, BEY-44)."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import time

import pytest
import requests
from conftest import ROOT, until
from gateway import store  # noqa: F401
from people import sign_in

MIB = 1024 * 1024
PART = 5 * MIB
VERSION = {"Tus-Resumable": "1.0.0"}


def begin(api, length, name="a.bin", **headers):
    """The path of a new upload."""
    metadata = "filename " + base64.b64encode(name.encode()).decode()
    answer = api.post("/v1/uploads", headers={**VERSION, "Upload-Length": str(length), "Upload-Metadata": metadata,
                                              **headers})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def append(api, path, offset, content, **options):
    headers = {**VERSION, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream",
               **options.pop("headers", {})}
    return api.patch(path, data=content, headers=headers, **options)


def head(api, path):
    return api.call("HEAD", path, headers=VERSION)


def offset_of(api, path):
    return int(head(api, path).headers["Upload-Offset"])


def cookie_of(api):
    return "; ".join(f"{name}={value}" for name, value in api.http.cookies.get_dict().items())


def expect_file(api, answer, content):
    file = api.get(f"/v1/files/{answer.headers['Upload-File']}").json()
    assert file["size"] == len(content)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert api.get(f"/v1/files/{file['id']}/content").content == content
    return file["id"]


def push(api, path, content, tries=200):
    """As a client does: asks where to go on, goes on, and again. The last answer, and how many bytes were sent."""
    sent = 0
    for _ in range(tries):
        try:
            told = head(api, path)
            if told.status_code == 200:
                offset = int(told.headers["Upload-Offset"])
                if offset == len(content) and "Upload-File" in told.headers:
                    return told, sent
                sent += len(content) - offset
                append(api, path, offset, content[offset:])
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise AssertionError("it never came to its end")


class Slow:
    """A request that sends some bytes and then stays silent."""

    def __init__(self, platform, api, path, content, announced, node=None):
        url = (platform.node_url(node) if node else platform.url).removeprefix("http://")
        host, port = url.split(":")
        self.wire = socket.create_connection((host, int(port)))
        self.wire.sendall(f"PATCH {path} HTTP/1.1\r\nHost: {url}\r\nCookie: {cookie_of(api)}\r\nTus-Resumable: 1.0.0\r\n"
                          "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
                          f"Content-Length: {announced}\r\n\r\n".encode())
        self.wire.sendall(content)

    def close(self):
        self.wire.close()


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 12 * MIB])
def test_what_goes_up_in_pieces_comes_down_whole(api, size):
    content = os.urandom(size)
    path = begin(api, size)
    answer = head(api, path)
    for at in range(0, size, 4_000_000):
        answer = append(api, path, at, content[at:at + 4_000_000])
        assert answer.status_code == 204, answer.text
        assert int(answer.headers["Upload-Offset"]) == min(size, at + 4_000_000)
    expect_file(api, answer, content)
    assert api.call("DELETE", path, headers=VERSION).status_code == 204
    assert head(api, path).status_code == 410


def test_options_tell_the_limit_of_the_guide(platform):
    told = requests.options(platform.url + "/v1/uploads", timeout=10)
    assert told.status_code == 204
    assert told.headers["Tus-Max-Size"] == str(50 * MIB)
    assert told.headers["Tus-Version"] == "1.0.0"
    assert "creation-defer-length" in told.headers["Tus-Extension"]


def test_one_byte_more_than_the_limit_is_refused_before_anything_is_sent(api):
    answer = api.post("/v1/uploads", headers={**VERSION, "Upload-Length": str(50 * MIB + 1)})
    assert answer.status_code == 413
    assert str(50 * MIB) in answer.json()["detail"]


def test_a_dead_connection_holds_nobody_up(platform, api):
    content = os.urandom(12 * MIB)
    path = begin(api, len(content))
    slow = Slow(platform, api, path, content[:7 * MIB], len(content))
    record = lambda: api.get(path).json()["offset"]  # GET ends nobody's request
    until(lambda: record() == PART, seconds=60)
    assert offset_of(api, path) == PART
    answer = append(api, path, PART, content[PART:])
    assert answer.status_code == 204, answer.text
    expect_file(api, answer, content)
    slow.close()


def test_what_came_before_a_connection_broke_counts_though_it_is_no_whole_part(platform, api):
    content = os.urandom(12 * MIB)
    path = begin(api, len(content))
    record = lambda: api.get(path).json()["offset"]
    slow = Slow(platform, api, path, content[:7 * MIB], len(content), node="app-1")
    until(lambda: record() == PART, seconds=60)
    slow.close()
    until(lambda: record() > PART, seconds=60)
    offset = offset_of(api, path)
    expect_file(api, append(api, path, offset, content[offset:]), content)


def test_others_client_sends_it_through_three_nodes(platform, api, tmp_path):
    content = os.urandom(11 * MIB)
    source = tmp_path / "sent by others.bin"
    source.write_bytes(content)
    said = run_client(source, platform, api, chunk=3 * MIB)
    assert said[-1]["event"] == "success", said
    file = next(event["id"] for event in said if event["event"] == "file")
    record = api.get(f"/v1/files/{file}").json()
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert record["name"] == "sent by others.bin"


def client_words(source, platform, api, chunk=None):
    words = ["node", str(ROOT / "tests/tus_upload.mjs"), str(source), platform.url + "/v1/uploads", cookie_of(api)]
    return words + ([str(chunk)] if chunk else [])


def run_client(source, platform, api, chunk=None):
    done = subprocess.run(client_words(source, platform, api, chunk), capture_output=True, text=True, timeout=120)
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.alone
def test_a_45_mib_upload_by_others_client_survives_the_death_of_its_node(platform, api, tmp_path):
    content = os.urandom(45 * MIB)
    source = tmp_path / "long.bin"
    source.write_bytes(content)
    # Also of one that is ready: it may have got there between two looks.
    offset = lambda: int(platform.sql("SELECT coalesce(max(received), 0) FROM uploads WHERE state <> 'ended' AND "
                                      f"protocol = 'tus' AND length = {len(content)}"))
    client = subprocess.Popen(client_words(source, platform, api, 15 * MIB), stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: offset() >= 2 * PART, seconds=60, pause=0.01)
        for name in platform.names("serve"):  # whichever it is on
            platform.kill(name)
            until(lambda name=name: platform.is_ready(name), seconds=60)
        said = client.communicate(timeout=180)[0]
    finally:
        client.kill()
    assert '"success"' in said, said
    files = api.get("/v1/files").json()["data"]
    file = next(one for one in files if one["name"] == "long.bin")
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.alone
def test_after_a_kill_at_most_one_part_is_sent_twice(platform, api):
    content = os.urandom(24 * MIB)
    path = begin(api, len(content))
    slow = Slow(platform, api, path, content[:19 * MIB], len(content), node="app-2")
    until(lambda: api.get(path).json()["offset"] == 3 * PART, seconds=30)
    platform.kill("app-2")
    slow.close()
    until(lambda: platform.is_ready("app-2"), seconds=60)
    offset = offset_of(api, path)
    assert 19 * MIB - offset <= PART
    expect_file(api, append(api, path, offset, content[offset:]), content)


@pytest.mark.alone
def test_the_room_of_an_organization_is_kept_while_an_upload_goes_on(platform):
    api = sign_in(platform, "usage@example.com")
    org = api.get("/v1/me").json()["org"]["id"]
    usage = lambda: api.get(f"/v1/orgs/{org}/usage").json()
    assert usage() == {"bytes_used": 0, "bytes_reserved": 0, "bytes_max": None, "files": 0}
    path = begin(api, 1000)
    assert usage()["bytes_reserved"] == 1000
    append(api, path, 0, b"x" * 1000)
    assert usage() == {"bytes_used": 1000, "bytes_reserved": 0, "bytes_max": None, "files": 1}
    gone = begin(api, 500)
    assert api.call("DELETE", gone, headers=VERSION).status_code == 204
    assert usage()["bytes_reserved"] == 0


@pytest.mark.alone
def test_the_store_may_die_and_what_was_told_stays(start_platform, store):
    platform = start_platform("--replicas", "0", environment=store.environment)
    api = sign_in(platform)
    content = os.urandom(17 * MIB)
    path = begin(api, len(content))
    assert append(api, path, 0, content[:6 * MIB]).status_code == 204
    store.kill()
    refused = append(api, path, 6 * MIB, content[6 * MIB:])
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert offset_of(api, path) == 6 * MIB
    store.start()
    expect_file(api, append(api, path, 6 * MIB, content[6 * MIB:]), content)
