"""Feature flags over OFREP 0.3.0: every answer against the protocol's own schemas, the event stream, rule sets and
exposures (BEY-38, FLAG-5, FLAG-6)."""

import json
import pathlib
import uuid

import jsonschema
import pytest
import requests
from conftest import until
from flag_sets import flag, publish, rule
from people import sign_in
from redis_words import ask_redis

PROTOCOL = json.loads((pathlib.Path(__file__).parent / "ofrep/openapi.json").read_text())
COLORS = [{"key": "red", "value": "#f00"}, {"key": "blue", "value": "#00f"}]
FLAGS = [
    flag("always", fallthrough="on"),
    flag("for-europe", rules=[rule("r1", [("region", "in", ["eu-west"])])]),
    flag("by-halves", fallthrough={"split": [{"variant": "on", "weight": 50000}, {"variant": "off", "weight": 50000}]}),
    flag("sleeps", enabled=False),
    flag("color", type="string", variants=COLORS, rules=[rule("r1", [("plan", "in", ["gold"])], serve="red")],
         fallthrough="blue"),
    flag("limits", type="json", variants=[{"key": "small", "value": {"files": 3}}], fallthrough="small"),
]


def is_as_in_the_protocol(path, answer, strict=False):
    """What its OpenAPI document says of this status."""
    responses = PROTOCOL["paths"][path]["post"]["responses"]
    assert str(answer.status_code) in responses, answer.text
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        return
    schema = {**content["application/json"]["schema"], "components": PROTOCOL["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    if strict:
        for each in answer.json().get("flags", [answer.json()]):
            assert "errorCode" in each or each["reason"] in {"STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"}


@pytest.fixture(scope="module")
def program(platform):
    """A key of the scope, and a function that asks with it: for one flag, or for all."""
    platform.run("accounts", "create", "--email", "flags@example.com", "--name", "Flags")
    key = platform.run("keys", "create", "--email", "flags@example.com", "--name", "ci", "--scopes",
                       "flags:read").stdout.split()[1]
    version = publish(platform, *FLAGS)

    def ask(name=None, context=None, node=None, query="", data=None, strict=True, **headers):
        path = "/ofrep/v1/evaluate/flags" + ("/{key}" if name else "")
        url = (platform.node_url(node) if node else platform.url) + path.replace("{key}", name or "")
        body = data if data is not None else json.dumps({"context": context or {}})
        answer = requests.post(url + ("?strict=true" if strict else "?") + query, data=body, timeout=10,
                               headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers})
        is_as_in_the_protocol(path, answer, strict and answer.status_code == 200)
        return answer

    ask.key = key
    for node in platform.names("serve"):
        until(lambda: ask(node=node).headers.get("ETag") and len(ask(node=node).json()["flags"]) == len(FLAGS))
    ask.version = version
    return ask


def all_of(answer):
    return {each["key"]: each for each in answer.json()["flags"]}


def test_a_flag_is_evaluated_for_whom_a_program_says(program):
    assert program("always").json() == {"key": "always", "value": True, "variant": "on", "reason": "STATIC"}
    there = program("for-europe", {"targetingKey": "u1", "region": "eu-west"}).json()
    assert (there["value"], there["reason"]) == (True, "TARGETING_MATCH")
    assert program("for-europe", {"region": "us-east"}).json()["reason"] == "UNKNOWN"
    assert program("for-europe", {"region": "us-east"}, strict=False).json()["reason"] == "DEFAULT"
    assert program("color", {"plan": "gold"}).json()["value"] == "#f00"
    assert program("limits").json()["value"] == {"files": 3}
    halves = {program("by-halves", {"targetingKey": f"user-{i}"}).json()["value"] for i in range(30)}
    assert halves == {True, False}


def test_a_disabled_flag_has_no_value_and_is_no_error(program):
    answer = program("sleeps", {"targetingKey": "u1"})
    assert (answer.status_code, answer.json()) == (200, {"key": "sleeps", "reason": "DISABLED"})


def test_what_cannot_be_answered_is_said_in_the_words_of_the_protocol(platform, program):
    unknown = program("nobody", {"targetingKey": "u1"})
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
    for data, code in [("{", "PARSE_ERROR"), ("[]", "PARSE_ERROR"), ("", "PARSE_ERROR"),
                       ('{"context": 7}', "INVALID_CONTEXT"), ('{"context": {"targetingKey": 7}}', "INVALID_CONTEXT"),
                       ('{"context": {"targetingKey": ""}}', "TARGETING_KEY_MISSING")]:
        for name in (None, "always"):
            answer = program(name, data=data)
            assert (answer.status_code, answer.json()["errorCode"]) == (400, code), data
    alone = program("by-halves")
    assert (alone.status_code, alone.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert all_of(program(strict=False))["by-halves"]["errorCode"] == "TARGETING_KEY_MISSING"
    url = platform.url + "/ofrep/v1/evaluate/flags"
    stranger = requests.post(url, json={}, timeout=10)
    assert (stranger.status_code, stranger.json()["errorCode"]) == (401, "GENERAL") and stranger.json()["errorDetails"]
    other = platform.run("keys", "create", "--email", "flags@example.com", "--name", "x", "--scopes",
                         "files:read").stdout.split()[1]
    answer = requests.post(url, json={}, timeout=10, headers={"Authorization": f"Bearer {other}"})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "GENERAL")


def test_all_flags_come_with_an_etag_that_only_a_change_of_them_changes(platform, program):
    first = program(None, {"targetingKey": "u1"})
    assert set(all_of(first)) == {each["key"] for each in FLAGS}
    again = program(None, {"targetingKey": "u1"}, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    publish(platform, *FLAGS[:1], environment="staging")
    assert program(None, {"targetingKey": "u1"}, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    until(lambda: len(program(query="&environment=staging").json()["flags"]) == 1)
    unknown = program(query="&environment=mars", strict=False)
    assert (unknown.status_code, unknown.json()["errorCode"]) == (400, "GENERAL")


def test_who_is_signed_in_is_who_the_session_says(platform, program):
    person = sign_in(platform, "flagged@example.com")
    user = person.get("/v1/me").json()["id"]
    publish(platform, *FLAGS, flag("mine", rules=[rule("r1", [("user_id", "in", [user])])]))
    ask = platform.url + "/ofrep/v1/evaluate/flags/"

    def value(name, context):
        return person.http.post(ask + name, json={"context": context}, timeout=10).json().get("value")

    for node in platform.names("serve"):  # each question may go to another one
        until(lambda: program("mine", {"user_id": user}, node=node).status_code == 200)
    assert value("mine", {}) is True
    assert value("mine", {"targetingKey": "somebody", "user_id": "somebody"}) is True
    assert value("for-europe", {"region": "eu-west"}) is False, "a browser does not say where it is"
    assert value("color", {"plan": "gold"}) == "#f00"


def events(answer):
    """As EventSource reads them."""
    event = {}
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if not line:
            if "data" in event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            event[name] = value.lstrip(" ")


def test_a_stream_says_when_flags_have_changed(platform, program):
    for node in platform.names("serve"):
        entry = program(node=node, strict=False).json()["eventStreams"][0]
        assert entry["type"] == "sse" and entry["inactivityDelaySec"] == 120
        url = platform.node_url(node) + entry["endpoint"]["requestUri"]
        with requests.get(url, stream=True, timeout=20) as stream:
            assert stream.status_code == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
            heard = events(stream)
            now = next(heard)
            version = publish(platform, *FLAGS, flag("more"))
            told = next(each for each in heard if int(each["id"]) >= version)
            data = json.loads(told["data"])
            assert told["event"] == "message" and data["type"] == "refetchEvaluation" and data["lastModified"]
            assert int(now["id"]) < int(told["id"])
            fresh = program(node=node, strict=False, query=f"&flagConfigEtag={data['etag']}")
            assert "more" in all_of(fresh)
        with requests.get(url, stream=True, timeout=20, headers={"Last-Event-ID": "1"}) as stream:
            assert int(next(events(stream))["id"]) >= version
        assert requests.get(url[:-3], timeout=10).status_code == 401
        publish(platform, *FLAGS)


def test_many_streams_are_told_and_leave(platform, program):
    node = platform.names("serve")[0]
    url = platform.node_url(node) + program(node=node, strict=False).json()["eventStreams"][0]["endpoint"]["requestUri"]
    streams = [requests.get(url, stream=True, timeout=20) for _ in range(50)]
    metric = platform.node_url(node, operations=True) + "/metrics"
    until(lambda: "feature_flag_streams 50" in requests.get(metric, timeout=10).text)
    version = publish(platform, *FLAGS)
    for stream in streams:
        assert next(each for each in events(stream) if int(each["id"]) >= version)
        stream.close()
    until(lambda: "feature_flag_streams 0" in requests.get(metric, timeout=10).text)


def test_a_rule_set_is_handed_out_whole_and_as_what_has_changed(platform, program):
    node = platform.names("serve")[0]
    headers = {"Authorization": f"Bearer {program.key}"}
    url = platform.node_url(node) + "/v1/flags/ruleset"
    version = publish(platform, *FLAGS)
    whole = until(lambda: (answer := requests.get(url, timeout=10, headers=headers)).json()["version"] == version and answer)
    assert whole.headers["Content-Encoding"] == "gzip" and len(whole.json()["flags"]) == len(FLAGS)
    plain = requests.get(url, timeout=10, headers={**headers, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.json() == whole.json()
    same = requests.get(url, timeout=10, headers={**headers, "If-None-Match": whole.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    platform.sql("INSERT INTO flag_environments (key, name, position) VALUES ('bare', 'Bare', 9) ON CONFLICT DO NOTHING")
    until(lambda: requests.get(url + "?environment=bare", timeout=10, headers=headers).json().get("version") == 0, seconds=30)
    assert requests.get(url + "?environment=mars", timeout=10, headers=headers).json()["code"] == "flags.environment_unknown"
    with requests.get(platform.node_url(node) + "/v1/flags/stream", stream=True, timeout=20, headers=headers) as stream:
        heard = events(stream)
        first = next(heard)
        assert (first["event"], json.loads(first["data"])["version"]) == ("ruleset", int(first["id"]))
        version = publish(platform, *FLAGS[:-1], flag("new"))
        patch = next(each for each in heard if int(each["id"]) == version)
        data = json.loads(patch["data"])
        assert patch["event"] == "ruleset-patch" and data["from"] == int(first["id"])
        assert [each["key"] for each in data["flags"]] == ["new"] and data["removed_flags"] == [FLAGS[-1]["key"]]
    publish(platform, *FLAGS)


def test_exposures_count_once_for_each_unit(platform, program):
    publish(platform, *FLAGS)
    until(lambda: len(program().json()["flags"]) == len(FLAGS))
    url = platform.url + "/v1/flags/exposures"
    headers = {"Authorization": f"Bearer {program.key}"}
    seen = [{"flag": "by-halves", "variant": "on", "unit": f"u{i}"} for i in range(3)]
    for _ in range(2):
        answer = requests.post(url, json=seen, timeout=10, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 3})
    count = "SELECT count(*) FROM flag_exposures WHERE flag_key = 'by-halves'"
    assert platform.sql(count) == "3"
    wrong = requests.post(url, timeout=10, headers=headers, json=[{"flag": "nobody", "variant": "on", "unit": "u"},
                                                                  {"flag": "always", "variant": "blue"}])
    pointers = {each["pointer"] for each in wrong.json()["errors"]}
    assert wrong.status_code == 422 and pointers == {"/0/flag", "/1/variant", "/1/unit"}
    person = sign_in(platform, "saw@example.com")
    told = person.post("/v1/flags/exposures", json=[{"flag": "by-halves", "variant": "off", "unit": "somebody"}])
    assert told.status_code == 202 and platform.sql(count) == "4"


def test_evaluations_are_counted_and_redis_has_both_copies(platform, program):
    until(lambda: program(None, {"targetingKey": "counted"}).status_code == 200)
    counted = "SELECT coalesce(sum(count), 0) FROM flag_counts WHERE flag_key = 'always' AND variant = 'on'"
    until(lambda: int(platform.sql(counted)) > 0, seconds=30)

    def copies():
        program(None, {"targetingKey": uuid.uuid4().hex})  # an answer is kept for half a minute only
        found = ask_redis(platform, "KEYS", "ff:*")
        has_all = {"ff:{production}:snap", "ff:{production}:lead"} <= set(found)
        return has_all and any(":eval:" in key for key in found) and found

    # -1 is one that stays; -2 one that went meanwhile.
    assert all(ttl <= 30 and ttl != -1 for ttl in (ask_redis(platform, "TTL", key) for key in until(copies, seconds=30)))
