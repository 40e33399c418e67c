"""Files through the balancer and every node: what was uploaded comes back byte for byte (STOR-2,
STOR-6, ENV-8)."""

import hashlib
import os
import socket

import pytest
import requests
from conftest import until
from people import sign_in

MIB = 1024 * 1024


def upload(api, name, content, **options):
    return api.post("/v1/files", params={"name": name}, data=content,
                    headers={"Content-Type": "application/octet-stream", **options.pop("headers", {})},
                    **options)


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 5 * MIB + 1, 45 * MIB])
def test_what_goes_up_comes_down_from_every_node(platform, api, size):
    content = os.urandom(size)
    made = upload(api, f"random-{size}.bin", content)
    assert made.status_code == 201, made.text
    file = made.json()
    assert file["size"] == size
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    for name in platform.names("serve"):
        url = f"{platform.node_url(name)}/v1/files/{file['id']}/content"
        answer = requests.get(url, cookies=api.http.cookies.get_dict(), timeout=30)
        assert answer.status_code == 200, (name, answer.text[:200])
        assert answer.content == content, name
    assert api.delete(f"/v1/files/{file['id']}").status_code == 204
    assert api.get(f"/v1/files/{file['id']}/content").status_code == 404


def test_a_download_is_resumed_by_range(api):
    content = os.urandom(3 * MIB)
    file = upload(api, "resume.bin", content).json()
    path = f"/v1/files/{file['id']}/content"
    half = api.get(path, headers={"Range": f"bytes=0-{MIB - 1}"}, stream=True)
    assert half.status_code == 206
    rest = api.get(path, headers={"Range": f"bytes={MIB}-", "If-Range": half.headers["ETag"]}, stream=True)
    assert rest.headers["Content-Range"] == f"bytes {MIB}-{3 * MIB - 1}/{3 * MIB}"
    assert half.content + rest.content == content
    assert api.get(path, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert api.get(path, headers={"If-None-Match": half.headers["ETag"]}).status_code == 304


def test_the_limit_is_52428800_bytes_and_not_one_more(platform, api):
    limit = 50 * MIB
    before = platform.sql("SELECT count(*) FROM files WHERE state = 'ready'")
    declared = upload(api, "large.bin", b"x" * (limit + 1))
    assert declared.status_code == 413
    assert "52428800" in declared.json()["detail"].replace(",", "")

    def pieces():
        for _ in range(50):
            yield b"x" * MIB
        yield b"x"

    counted = upload(api, "large.bin", pieces())
    assert counted.status_code == 413
    assert platform.sql("SELECT count(*) FROM files WHERE state = 'ready'") == before
    exactly = upload(api, "exact.bin", b"x" * limit)
    assert exactly.status_code == 201
    assert api.delete(f"/v1/files/{exactly.json()['id']}").status_code == 204


def test_an_uploader_that_vanishes_leaves_nothing_to_be_seen(platform, api):
    before = api.get("/v1/files").json()["data"]
    host, port = platform.url.removeprefix("http://").split(":")
    cookie = "; ".join(f"{name}={value}" for name, value in api.http.cookies.get_dict().items())
    with socket.create_connection((host, int(port))) as wire:
        wire.sendall(f"POST /v1/files?name=gone.bin HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n"
                     "Content-Type: application/octet-stream\r\nContent-Length: 8000000\r\n\r\n".encode())
        wire.sendall(b"x" * 6_000_000)
    until(lambda: platform.sql("SELECT count(*) FROM files WHERE state = 'uploading'") != "")
    assert api.get("/v1/files").json()["data"] == before


def test_a_repeated_upload_with_its_key_happens_once(api):
    content = os.urandom(1000)
    key = {"Idempotency-Key": "upload-" + os.urandom(8).hex()}
    first = upload(api, "once.bin", content, headers=key)
    again = upload(api, "once.bin", content, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    other = upload(api, "once.bin", content + b"!", headers=key)
    assert other.status_code == 422


def test_lists_are_walked_by_cursor_without_gap_or_repeat(api):
    made = [upload(api, f"page-{i}.txt", b"x").json()["id"] for i in range(5)]
    seen, cursor = [], None
    while True:
        page = api.get("/v1/files", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        assert len(page["data"]) <= 2
        seen += [file["id"] for file in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [one for one in seen if one in made] == made[::-1]
    assert len(seen) == len(set(seen))
    assert api.get("/v1/files", params={"cursor": "forged"}).status_code == 400


def test_another_tenant_sees_nothing_of_it(platform, api):
    file = upload(api, "mine.txt", b"mine").json()
    other = sign_in(platform, "tenant@example.com")
    assert other.get(f"/v1/files/{file['id']}").status_code == 404
    assert other.get(f"/v1/files/{file['id']}/content").status_code == 404
    assert other.delete(f"/v1/files/{file['id']}").status_code == 404
    assert file["id"] not in [one["id"] for one in other.get("/v1/files").json()["data"]]
    assert api.get(f"/v1/files/{file['id']}").status_code == 200
