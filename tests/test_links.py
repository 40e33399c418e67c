"""A signed link is good for whoever has it, on every node, until it ends or its file does (STOR-6)."""

import os

import pytest
import requests
from people import sign_in
from test_files import upload

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform)


def link_to(api, file, **options):
    made = api.post(f"/v1/files/{file['id']}/links", json=options)
    assert made.status_code == 201, made.text
    return made.json()


def test_a_link_needs_no_session_on_any_node(platform, api):
    content = os.urandom(2 * MIB)
    file = upload(api, "report.html", content).json()
    link = link_to(api, file, ttl_seconds=600)["url"]
    where = link.split("/v1/files/")[0]
    assert where == f"http://localhost:{platform.port}", "where people find the platform"
    whole = requests.get(link, timeout=30)
    assert whole.content == content
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert whole.headers["Content-Security-Policy"].startswith("sandbox")
    assert '"anonymous"' in whole.headers["RateLimit-Policy"]
    for name in platform.names("serve"):
        part = requests.get(link.replace(where, platform.node_url(name)), timeout=30,
                            headers={"Range": f"bytes={MIB}-"})
        assert (part.status_code, part.content) == (206, content[MIB:]), name
    assert requests.head(link, timeout=30).headers["Content-Length"] == str(2 * MIB)
    assert not [line for line in platform.logs() if "signature=" in str(line)]


def test_a_link_says_of_which_file_and_until_when_and_can_be_bent_to_nothing_else(api):
    mine = upload(api, "mine.txt", b"mine").json()
    other = upload(api, "other.txt", b"other").json()
    link = link_to(api, mine)["url"]
    for forged in (link.replace(mine["id"], other["id"]), link.replace("until=1", "until=2"), link[:-1] + ("A" if link[-1] != "A" else "B"),
                   link.split("?")[0]):
        answer = requests.get(forged, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (404, "files.link_unknown"), forged


def test_a_link_ends_with_its_file_at_once(api):
    file = upload(api, "short.txt", b"short").json()
    link = link_to(api, file)["url"]
    assert requests.get(link, timeout=30).status_code == 200
    assert api.delete(f"/v1/files/{file['id']}").status_code == 204
    assert requests.get(link, timeout=30).json()["code"] == "files.not_found"


def test_a_file_gets_another_name_unless_it_has_changed_meanwhile(platform, api):
    file = upload(api, "old.txt", b"text").json()
    path = f"/v1/files/{file['id']}"
    etag = api.get(path).headers["ETag"]
    merge = {"Content-Type": "application/merge-patch+json"}
    assert api.patch(path, json={"name": "new.txt"}, headers=merge).status_code == 428
    renamed = api.patch(path, json={"name": "new.txt"}, headers={**merge, "If-Match": etag})
    assert renamed.json()["name"] == "new.txt"
    assert api.patch(path, json={"name": "x"}, headers={**merge, "If-Match": etag}).status_code == 412
    assert "new.txt" in api.get(f"{path}/content").headers["Content-Disposition"]
    assert platform.sql(f"SELECT count(*) FROM audit_entries WHERE action = 'files.rename' "
                        f"AND target = '{file['id']}'") == "1"
