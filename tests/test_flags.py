"""Feature flags as people set them: over HTTP by two people at once, at a terminal, and with the process killed between."""

import json
import time
import uuid

import pytest
from conftest import until
from people import sign_in

ON = {"enabled": True, "fallthrough": {"variant": "on"}}


@pytest.fixture
def admin(platform):
    return sign_in(platform)


@pytest.fixture
def flag(admin):
    """A fresh one, off everywhere."""
    key = f"t-{uuid.uuid4().hex[:10]}"
    made = admin.post("/v1/admin/flags", json={"key": key, "description": "Of a test."})
    assert made.status_code == 201, made.text
    return key


def path_of(flag, environment="staging"):
    return f"/v1/admin/flags/{flag}/environments/{environment}"


def put(api, flag, draft, version=None, environment="staging"):
    path = path_of(flag, environment)
    etag = version or api.get(path).headers["ETag"]
    return api.call("PUT", path, json=draft, headers={"If-Match": etag})


def version_of(admin, environment="staging"):
    listed = admin.get("/v1/admin/flag-environments").json()["data"]
    return next(each["version"] for each in listed if each["key"] == environment)


def pointers(refused):
    return {(each["pointer"], each["code"]) for each in refused.json()["errors"]}


def test_an_owner_is_found_by_name_or_address_and_so_are_their_flags(admin, flag):
    made = admin.post("/v1/admin/users", json={"email": f"{flag}@example.com", "name": f"Olaf {flag}"})
    assert made.status_code == 201, made.text
    olaf = made.json()["id"]
    for part in (f"OLAF {flag}", f"{flag}@EXAMPLE"):
        found = admin.get("/v1/admin/users", params={"q": part}).json()["data"]
        assert [each["id"] for each in found] == [olaf]
    version = admin.get(f"/v1/admin/flags/{flag}").headers["ETag"]
    assert admin.call("PATCH", f"/v1/admin/flags/{flag}", json={"owner": olaf}, headers={
        "If-Match": version, "Content-Type": "application/merge-patch+json"}).status_code == 200
    listed = admin.get("/v1/admin/flags", params={"q": f"olaf {flag}"}).json()["data"]
    assert [(each["key"], each["owner_name"]) for each in listed] == [(flag, f"Olaf {flag}")]
    assert admin.get("/v1/admin/flags", params={"q": f"olga {flag}"}).json()["data"] == []


def test_two_editors_and_the_second_merges(platform, admin, flag):
    other = sign_in(platform)
    seen = other.get(path_of(flag)).headers["ETag"]
    assert put(admin, flag, ON).status_code == 200
    late = put(other, flag, {**ON, "off_value": False}, seen)
    assert late.status_code == 412, late.text
    now = other.get(path_of(flag))
    assert now.json()["fallthrough"] == {"variant": "on"}
    assert put(other, flag, {**ON, "off_value": False}, now.headers["ETag"]).status_code == 200


def test_what_is_wrong_has_its_place_and_publishes_nothing(admin, flag):
    before = version_of(admin)
    wrong = put(admin, flag, {
        "enabled": True,
        "fallthrough": {"split": [{"variant": "on", "weight": 1}]},
        "rules": [{"id": "a", "serve": {"variant": "on"},
                   "if": [{"attribute": "email", "op": "matches", "values": ["(x"]}]}],
        "prerequisites": [{"flag": flag, "variants": ["on"]}],
    })
    assert wrong.status_code == 422
    assert {("/fallthrough/split", "flags.weights"), ("/rules/0/if/0/values/0", "flags.regex")} <= pointers(wrong)
    circle = put(admin, flag, {**ON, "prerequisites": [{"flag": flag, "variants": ["on"]}]})
    assert circle.status_code == 422 and any(code == "flags.cycle" for _, code in pointers(circle)), circle.text
    long = put(admin, flag, {**ON, "rules": [{"id": "a", "serve": {"variant": "on"}, "if": [
        {"attribute": "user_id", "op": "in", "values": ["x" * 1_000_000]}]}]})
    assert long.status_code == 413 and pointers(long) == {("/rules", "flags.too_large")}
    assert version_of(admin) == before


def test_a_change_reaches_every_open_browser_within_a_second(admin, flag):
    with admin.get("/v1/events?topics=flags", stream=True, timeout=30) as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines(decode_unicode=True)
        while not next(lines).startswith(":"):
            pass
        began = time.monotonic()
        assert put(admin, flag, ON).status_code == 200
        for line in lines:
            if line.startswith("data:") and flag in line:
                break
        data = json.loads(line.removeprefix("data:"))
        assert flag in json.dumps(data)
        print(f"seen after {time.monotonic() - began:.3f} s")


def test_the_flags_of_the_program_itself_are_there_from_the_first_minute(platform, admin):
    for key in ("file-preview", "rate-limit-asks-again"):
        assert platform.run("flags", "show", key).returncode == 0
        # Where no story of a browser has switched it on and off, which may have run before.
        found = admin.get(path_of(key, "development")).json()
        assert (found["enabled"], found["fallthrough"]) == (False, {"variant": "off"})


def test_a_terminal_can_do_it_all(platform):
    key = f"cli-{uuid.uuid4().hex[:8]}"
    folder = platform.home.path  # of the account that commands run under

    def flags(*words, **more):
        return platform.run("flags", *words, **more)

    assert "would be made" in flags("create", key, "--description", "Of a test.", "--dry-run").stdout
    assert flags("show", key, check=False).returncode == 1
    assert "made" in flags("create", key, "--description", "Of a test.", "--tags", "web,checkout").stdout
    assert flags("create", key, "--description", "Again.", check=False).returncode == 1
    assert "/expected_removal_at" in flags("edit", key, "--removal", "2027-01-31", "--dry-run").stdout
    assert "changed" in flags("edit", key, "--removal", "2027-01-31").stdout
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"enabled": True, "fallthrough": {"variant": "off"}, "rules": [
        {"name": "Europe", "serve": {"variant": "on"}, "rollout": 25000,
         "if": [{"attribute": "region", "op": "in", "values": ["eu-west"]}]}]}))
    tried = flags("targeting", key, rules, "--environment", "staging", "--dry-run").stdout
    assert "/enabled  false -> true" in tried and "accounts would be served something else" in tried
    assert "version 2" in flags("targeting", key, rules, "--environment", "staging", "--reason", "try").stdout
    said = flags("preview", key, "--environment", "staging", "--user", "usr_1", "--region", "us", "--json").stdout
    assert json.loads(said)["live"]["reason"] == "DEFAULT"
    assert f"{key}  on  25 % of region eu-west: on; else off" in flags("list", "--environment", "staging").stdout
    assert flags("kill", key, "--environment", "staging", check=False).returncode == 2
    assert "off" in flags("kill", key, "--environment", "staging", "--reason", "it burns").stdout
    newest = json.loads(flags("history", key, "--json").stdout.splitlines()[0])
    assert (newest["action"], newest["reason"]) == ("kill", "it burns")
    assert "undone" in flags("undo", key, newest["id"]).stdout
    exported = flags("export", "--environment", "staging").stdout
    document = folder / "flags.json"
    document.write_text(exported)
    assert "nothing was kept" in flags("import", document, "--environment", "development", "--dry-run").stdout
    flags("import", document, "--environment", "development")
    assert "0 unchanged" not in flags("import", document, "--environment", "development").stdout
    assert "archived" in flags("archive", key).stdout
    wrong = folder / "wrong.json"
    wrong.write_text('{"enabled": true, "fallthrough": {"variant": "x"}}')
    assert flags("targeting", key, wrong, check=False).returncode == 1


def rule_set(session):
    return session.get("/v1/flags/ruleset?environment=staging").json()


def test_switching_on_a_new_flag_says_that_everybody_is_still_off_or_serves_on(platform, flag):
    def enable(*words):
        return platform.run("flags", "enable", flag, "--environment", "staging", *words).stdout

    assert "everybody still gets off" not in enable("--otherwise", "on", "--dry-run")
    said = enable()
    assert f"{flag}  staging  on" in said and "everybody still gets off: it has no rule" in said, said
    assert json.loads(enable("--json"))["enabled"] is True
    assert "everybody still gets off" not in enable("--otherwise", "on")
    assert f"{flag}  on  everybody: on" in platform.run("flags", "list", "--environment", "staging").stdout
    wrong = platform.run("flags", "enable", flag, "--otherwise", "purple", check=False)
    assert wrong.returncode == 1 and "/fallthrough/variant" in wrong.stderr, wrong


@pytest.mark.parametrize("words, said", [
    (("list", "--state", "bogus"), "state must be on, off, archived or stale."),
    (("list", "--kind", "bogus"), "kind must be release, experiment, ops, kill or permission."),
    (("history", "file-preview", "--limit", "-5"), "--limit must be a number from 1."),
    (("history", "file-preview", "--environment", "nowhere"), "There is no such environment."),
    (("targeting", "file-preview", "-", "--version", "soon"), "--version must be a number from 1."),
])
def test_a_terminal_is_told_what_is_wrong_with_an_option(platform, words, said):
    refused = platform.run("flags", *words, check=False)
    assert refused.returncode == 1 and refused.stderr.startswith(f"acme: {said}"), refused


def test_a_terminal_shows_in_words_what_a_flag_serves_and_what_it_would(platform, flag):
    shown = platform.run("flags", "show", flag).stdout
    assert "staging  off  version 1  once it is on: everybody: off" in shown, shown
    assert "nothing changes" in platform.run("flags", "edit", flag).stdout
    changes = platform.run("flags", "history", flag).stdout.splitlines()
    assert len(changes) == 1 and changes[0].endswith("create  everywhere"), changes


def test_a_deleted_rule_is_one_difference_over_http_and_at_a_terminal(platform, admin, flag):
    def rules(*names):
        return {"enabled": True, "fallthrough": {"variant": "off"}, "rules": [
            {"id": f"r_{name.lower()}", "name": name, "serve": {"variant": "on"},
             "if": [{"attribute": "region", "op": "in", "values": [name]}]} for name in names]}

    assert put(admin, flag, rules("Europe", "Asia", "Africa")).status_code == 200
    assert put(admin, flag, rules("Africa", "Asia")).status_code == 200
    newest, first, _ = admin.get(f"/v1/admin/flags/{flag}/history?environment=staging").json()["data"]
    assert {each["pointer"] for each in first["diff"]} == {"/enabled", "/rules/0", "/rules/1", "/rules/2"}
    told = [(each["change"], each["pointer"], each["item"]["key"], each["item"]["number"]) for each in newest["diff"]]
    assert told == [("removed", "/rules/0", "r_europe", 1), ("moved", "/rules/0", "r_africa", 1)], newest["diff"]
    lines = platform.run("flags", "history", flag, "--environment", "staging", "--limit", "1").stdout.splitlines()
    assert lines[1].startswith("  rule 1 (Europe)  removed  {") and lines[2] == "  rule 1 (Africa)  moved  to the top", lines
    tried = platform.run("flags", "undo", flag, newest["id"], "--dry-run").stdout.splitlines()
    assert tried[0].startswith("rule 1 (Europe)  added  {") and len(tried) == 2, tried
    # What was changed since is told before anybody tries.
    assert put(admin, flag, rules("Africa")).status_code == 200
    refused = platform.run("flags", "undo", flag, newest["id"], "--dry-run", check=False)
    assert refused.returncode == 1 and "/rules  was changed again since" in refused.stderr, refused


def test_a_segment_of_a_hundred_thousand_is_taken_as_text(admin, flag):
    name = f"s-{uuid.uuid4().hex[:10]}"
    path = f"/v1/admin/segments/{name}"
    assert admin.call("PUT", path, json={"name": "Many"}).status_code == 201
    lines = "\n".join(f"usr_{i:08}" for i in range(100_000))
    filled = admin.call("PUT", f"{path}/members?kind=user", data=lines, headers={"Content-Type": "text/plain"})
    assert filled.status_code == 200, filled.text
    assert filled.json()["users"] == 100_000
    draft = {"enabled": True, "fallthrough": {"variant": "off"}, "rules": [
        {"id": "a", "serve": {"variant": "on"}, "if": [{"op": "segment", "values": [name]}]}]}
    tried = admin.post(f"{path_of(flag)}:preview", json={"draft": draft, "subject": {"user_id": "usr_00077777"}})
    assert tried.json()["draft"]["value"] is True, tried.text
    assert put(admin, flag, draft).status_code == 200
    assert admin.call("DELETE", path).status_code == 409
    whole = until(lambda: next((each for each in rule_set(admin)["segments"] if each["key"] == name), None), seconds=30)
    assert "users" not in whole, "a long list stands apart"
    listed = admin.get(f"/v1/flags/ruleset/lists/{whole['list']}")
    assert listed.status_code == 200, listed.text[:500]
    assert (len(listed.json()["users"]), listed.json()["orgs"]) == (100_000, [])
    plain = admin.call("GET", f"/v1/flags/ruleset/lists/{whole['list']}", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.json() == listed.json()
    same = admin.call("GET", f"/v1/flags/ruleset/lists/{whole['list']}", headers={"If-None-Match": listed.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert admin.get(f"/v1/flags/ruleset/lists/{'0' * 32}").json()["code"] == "flags.list_unknown"
    me = admin.get("/v1/me").json()["id"]
    more = admin.post(f"{path}/members:batch", json={"add": [{"kind": "user", "id": me}]})
    assert more.json()["users"] == 100_001, more.text
    until(lambda: admin.post(f"/ofrep/v1/evaluate/flags/{flag}?environment=staging", json={}).json().get("value"), seconds=30)

    def newest_list():  # or None, from a node that the news have not reached
        return next((each["list"] for each in rule_set(admin)["segments"] if each["key"] == name), None)

    until(lambda: newest_list() not in (None, whole["list"]), seconds=30)
    before = admin.get(f"/v1/flags/ruleset/lists/{whole['list']}")  # whom the news have not reached asks for it yet
    assert before.status_code == 200 and before.json() == listed.json(), before.text[:500]


def test_the_version_of_an_environment_is_that_of_its_newest_rule_set(platform, admin, flag):
    for _ in range(5):
        assert put(admin, flag, ON).status_code == 200
    newest = ("SELECT max(r.version) FROM flag_rulesets r JOIN flag_environments e ON e.id = r.environment_id "
              "WHERE e.key = 'staging'")
    assert version_of(admin) == int(platform.sql(newest).strip())
    assert len(admin.get(f"/v1/admin/flags/{flag}/history?environment=staging").json()["data"]) == 6
