"""API keys as programs use them: made at the terminal or over HTTP, in place of the cookie, on every node."""

import json

import pytest
import requests
from conftest import until
from people import sign_in


def ask(platform, key, path="/v1/files", method="GET", node="app-1", **options):
    return requests.request(method, platform.node_url(node) + path, timeout=10,
                            headers={"Authorization": f"Bearer {key}", **options.pop("headers", {})}, **options)


@pytest.fixture(scope="module")
def email(platform):
    platform.run("accounts", "create", "--email", "programs@example.com", "--name", "Programs")
    return "programs@example.com"


def make(platform, email, scopes="files:read"):
    """Its id and the key itself."""
    said = platform.run("keys", "create", "--email", email, "--name", "ci", "--scopes", scopes).stdout.split()
    assert said[0].startswith("key_") and said[1].startswith("ack_")
    return said


def listed(platform, email):
    said = platform.run("keys", "list", "--email", email, "--json").stdout
    return {key["id"]: key for key in map(json.loads, said.splitlines())}


def test_a_program_stores_and_reads_with_a_key_on_every_node(platform, email):
    _, key = make(platform, email, "files:read,files:write")
    stored = ask(platform, key, "/v1/files?name=a.txt", "POST", data=b"text",
                 headers={"Content-Type": "application/octet-stream"})
    assert stored.status_code == 201, stored.text
    for node in platform.names("serve"):
        answer = ask(platform, key, f"/v1/files/{stored.json()['id']}/content", node=node)
        assert (answer.status_code, answer.content) == (200, b"text")
        assert 'RateLimit' in answer.headers
    assert ask(platform, key, f"/v1/files/{stored.json()['id']}", "DELETE").status_code == 204
    assert ask(platform, key, "/v1/me/api_keys").status_code == 403
    assert ask(platform, key, "/v1/nodes").status_code == 403


def test_a_revoked_key_is_refused_everywhere_within_a_second(platform, email):
    name, key = make(platform, email)
    nodes = platform.names("serve")
    assert {ask(platform, key, node=node).status_code for node in nodes} == {200}
    platform.run("keys", "revoke", name)
    until(lambda: {ask(platform, key, node=node).status_code for node in nodes} == {401}, seconds=30)
    assert name not in platform.run("keys", "list", "--email", email).stdout


def test_a_key_is_rotated_with_overlap_and_listed_without_its_secret(platform, email):
    name, key = make(platform, email)
    new_name, new_key = platform.run("keys", "rotate", name, "--grace", "3600").stdout.split()
    assert {ask(platform, one).status_code for one in (key, new_key)} == {200}
    found = listed(platform, email)
    assert found[name]["replaced_by"] == new_name and found[name]["expires_at"] < found[new_name]["expires_at"]
    assert found[new_name]["scopes"] == ["files:read"] and found[new_name]["last_used_at"]
    assert key not in str(found) and new_key not in str(found)
    assert platform.run("keys", "rotate", name, check=False).returncode == 1, "it has a successor"


def test_what_is_asked_for_as_json_is_told_as_json(platform, email):
    made = json.loads(platform.run("keys", "create", "--email", email, "--name", "json", "--scopes", "files:read",
                                   "--days", "1", "--json").stdout)
    assert made["key"].startswith(made["prefix"] + "_") and made["last_used_at"] is None
    successor = json.loads(platform.run("keys", "rotate", made["id"], "--grace", "0", "--json").stdout)
    assert ask(platform, successor["key"]).status_code == 200
    assert ask(platform, made["key"]).status_code == 401, "no time was left to it, and no node had seen it before"
    revoked = json.loads(platform.run("keys", "revoke", successor["id"], "--json").stdout)
    assert revoked == {"id": successor["id"], "state": "revoked"}
    assert not {made["id"], successor["id"]} & listed(platform, email).keys()


def test_an_administrator_gives_a_key_a_quota_of_its_own(platform, email):
    name, key = make(platform, email)
    platform.run("keys", "limit", name, "7")
    until(lambda: ask(platform, key).headers.get("RateLimit-Policy", "").startswith('"key";q=7;'), seconds=30)
    platform.run("keys", "limit", name, "none")
    until(lambda: ask(platform, key).headers.get("RateLimit-Policy", "").startswith('"user";'), seconds=30)


def test_wrong_words_are_told_at_once_and_no_secret_is_kept(platform, email):
    said = platform.run("keys", "create", "--email", email, "--name", "x", "--scopes", "files,nodes:dance", "--days", "400",
                        check=False)
    assert said.returncode == 1
    for word in ("--scopes/0", "--scopes/1", "--days"):
        assert word in said.stderr, said.stderr
    _, key = make(platform, email)
    assert ask(platform, key).status_code == 200
    secret = key.split("_", 2)[2]
    assert secret not in platform.sql("SELECT string_agg(k::text, ' ') FROM api_keys k")
    assert all(secret not in str(line) for line in platform.logs())


def test_people_make_them_over_http(platform):
    api = sign_in(platform, "maker@example.com")
    made = api.post("/v1/me/api_keys", json={"name": "laptop", "scopes": ["me:read"], "days": 1})
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    assert ask(platform, key, "/v1/me").json()["email"] == "maker@example.com"
    assert api.delete(f"/v1/me/api_keys/{made.json()['id']}").status_code == 204
    assert api.get("/v1/me/api_keys").json()["data"] == []
