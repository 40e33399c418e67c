"""A disk that has no room left: what does not fit is refused whole and said once, the rest goes on.

Where this may mount, the disk is a small one of its own; elsewhere the processes may make no file
larger than so much, which the kernel refuses at the same places."""

import json
import os
import subprocess

import pytest
import requests
from conftest import START_SECONDS, Home, Platform, under_account, until
from people import sign_in

MIB = 1024 * 1024
ROOM = 24 * MIB


@pytest.fixture
def narrow(start_platform):
    """A platform whose object store has room for ROOM bytes."""
    home = Home()
    objects = home.data / "objects"
    objects.mkdir(parents=True)
    owner = home.path.stat()
    for folder in (home.data, objects):
        os.chown(folder, owner.st_uid, owner.st_gid)
    is_mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700,uid={owner.st_uid},gid={owner.st_gid}",
         "acme-test", str(objects)], capture_output=True).returncode == 0
    platform = start_platform(home=home)
    try:
        if not is_mounted:
            for name in platform.names("serve"):
                limit(platform.pid(name), ROOM)
        yield platform
    finally:
        platform.stop()
        if is_mounted:
            subprocess.run(["umount", str(objects)], check=True)


def limit(pid, size):
    """The process may make no file larger than `size` bytes."""
    subprocess.run(under_account(["prlimit", f"--pid={pid}", f"--fsize={size}:"]), check=True)


def upload(api, name, content, **headers):
    return api.post("/v1/files", params={"name": name}, data=content,
                    headers={"Content-Type": "application/octet-stream", **headers})


def test_an_upload_that_does_not_fit_is_refused_whole_and_said_once(narrow):
    api = sign_in(narrow)
    kept = upload(api, "kept.bin", b"k" * MIB).json()
    listed = api.get("/v1/files").json()["data"]

    refused = upload(api, "large.bin", b"x" * 40 * MIB, **{"X-Request-Id": "no-room-1"})

    assert refused.status_code == 503
    assert refused.json()["code"] == "uploads.store_unavailable"
    assert api.get("/v1/files").json()["data"] == listed
    unfinished = narrow.data / "objects/acme/unfinished"
    assert list(unfinished.iterdir()) == []
    until(lambda: [line for line in narrow.logs("--request", "no-room-1") if line.get("status") == 503], 60)
    told = [line for line in narrow.logs("--request", "no-room-1") if line["message"] == "objects.refused"]
    assert len(told) == 1, told
    assert told[0]["reason"] in ("No space left on device", "File too large")
    until(lambda: all(narrow.is_ready(name) for name in narrow.names("serve")), 30)
    content = api.get(f"/v1/files/{kept['id']}/content", stream=True).content
    assert content == b"k" * MIB
    assert upload(api, "fits.bin", b"f" * 10 * MIB).status_code == 201


def test_a_log_that_cannot_be_written_holds_nobody_up_and_says_what_is_missing(platform):
    def ask(name):
        return requests.get(platform.url + "/v1/nowhere", headers={"X-Request-Id": name}, timeout=30).status_code

    files = list((platform.data / "logs").iterdir())
    written = max((platform.data / "logs").glob("app-1-????-??-??.jsonl"))  # today's
    limit(platform.process.pid, written.stat().st_size + 1000)  # a few lines of the thirty
    try:
        assert {ask(f"unwritten-{number}") for number in range(30)} == {404}
    finally:
        limit(platform.process.pid, "unlimited")
    before = set()
    for number in range(6):  # every node once or twice
        ask(f"written-{number}")
        before.add(f"written-{number}")
    until(lambda: before <= {line.get("request_id") for line in platform.logs()}, 60)
    messages = [line["message"] for line in platform.logs()]
    assert any("lost: File too large" in message for message in messages)
    for path in files:
        for line in path.read_text().splitlines():
            json.loads(line)


def test_a_release_that_cannot_be_unpacked_leaves_no_half_of_it(start_platform):
    home = Home()
    words = [str(home.binary), "up", "--home", str(home.data), "--port", "18280"]
    refused = subprocess.run(
        under_account(["prlimit", f"--fsize={MIB}", *words]), capture_output=True, text=True, cwd=home.path,
        env=Platform(home).base_environment(), timeout=START_SECONDS)
    assert refused.returncode == 75, refused.stdout + refused.stderr
    assert "The release cannot be unpacked: there is no room for" in refused.stdout + refused.stderr
    assert "File too large" in refused.stdout + refused.stderr
    assert [path.name for path in (home.data / "releases").rglob("*")] == [".lock"]
    assert start_platform("--app-nodes", "1", "--workers", "1", home=home).link
