"""Unleash's own SDK against the platform: every case of its specification, a change, and what it reports."""

import contextlib
import json
import os
import queue
import subprocess
import threading

import pytest
import requests
from conftest import ROOT, until
from people import sign_in

TOOLS = ROOT / ".acme/tools"
SPECIFICATIONS = (TOOLS / "client-specification@6.1.0/node_modules/@unleash/client-specification/specifications")
SDK = TOOLS / "unleash-client@6.12.1"
TWICE = "Feature.constraints.empty"  # two files have one of that name
ENVIRONMENT = "production"  # where a node of `acme up` evaluates


def specification():
    """All features in one, and the cases."""
    features, segments, cases = {}, [], []
    for name in json.loads((SPECIFICATIONS / "index.json").read_text()):
        file = json.loads((SPECIFICATIONS / name).read_text())
        if "features" not in file["state"]:
            continue  # told as events, which this SDK takes from a stream
        features |= {feature["name"]: feature for feature in file["state"]["features"]}
        segments += file["state"].get("segments", [])
        cases += [case for case in file.get("tests", []) + file.get("variantTests", []) if case["toggleName"] != TWICE]
    return {"version": 2, "features": list(features.values()), "segments": segments}, cases


class Sdk:
    """The SDK in a process of its own."""

    def __init__(self, platform, key):
        self.process = subprocess.Popen(["node", str(ROOT / "tests/unleash_sdk.mjs"), str(SDK)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={"PATH": os.environ["PATH"], "ACME_URL": platform.url, "ACME_API_KEY": key})
        self.answers, self.heard, self.said = queue.Queue(), [], []
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "enabled" in told:
                self.answers.put(told)
            else:
                self.heard += told

    def ask(self, name, context):
        self.process.stdin.write(json.dumps({"name": name, "context": context}) + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=20)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def unleash():
    from conftest import Home, Platform
    platform = Platform(Home(), environment={"ENABLE_FEATURE_FLAGS": "true", "ACME_UNLEASH_API": "true"})
    try:
        platform.start()
        platform.run("accounts", "create", "--email", "sdk@example.com", "--name", "Sdk")
        platform.key = platform.run("keys", "create", "--email", "sdk@example.com", "--name", "sdk", "--scopes",
                                    "flags:read").stdout.split()[1]
        state, platform.cases = specification()
        file = platform.home.path / "features.json"
        file.write_text(json.dumps(state))
        file.chmod(0o644)
        platform.run("flags", "import", str(file), "--from", "unleash", "--environment", ENVIRONMENT, "--reason", "moving")
        version = int(platform.sql(f"SELECT version FROM flag_environments WHERE key = '{ENVIRONMENT}'"))
        for node in platform.names("serve"):  # the SDK asks one after the other
            until(lambda: requests.get(platform.node_url(node) + "/v1/flags/ruleset", timeout=20, headers={
                "Authorization": f"Bearer {platform.key}"}).json().get("version") == version, 30)
        yield platform
    finally:
        platform.stop()
        platform.home.remove()


@pytest.fixture
def sdk(unleash):
    one = Sdk(unleash, unleash.key)
    try:
        until(lambda: "changed" in one.heard, 30)
        yield one
    finally:
        one.stop()


def ask(platform, path, method="GET", key=None, **options):
    headers = {"Authorization": platform.key if key is None else key}
    return requests.request(method, platform.url + path, headers=headers, timeout=20, **options)


def test_the_sdk_answers_every_case_as_its_specification_has_it(unleash, sdk):
    assert len(unleash.cases) > 265
    wrong = []
    for case in unleash.cases:
        got, expected = sdk.ask(case["toggleName"], case["context"]), case["expectedResult"]
        if isinstance(expected, bool):
            found = got["enabled"]
        else:
            found = {name: value for name, value in got["variant"].items() if name != "featureEnabled"}
        if found != expected:
            wrong.append((case["toggleName"], case["description"], found, expected))
    assert not wrong
    assert not any("acme-rules" in line for line in sdk.said), "all that was imported has words there"


def test_the_frontend_endpoint_says_the_same_of_every_case(unleash):
    answers = {}
    for case in unleash.cases:
        context = json.dumps(case["context"])
        if context not in answers:
            answer = ask(unleash, "/api/frontend", "POST", json={"context": case["context"]})
            assert answer.status_code == 200, answer.text
            answers[context] = {toggle["name"]: toggle for toggle in answer.json()["toggles"]}
        toggle, expected = answers[context].get(case["toggleName"]), case["expectedResult"]
        if "remoteAddress" not in case["context"] and "emoteAddress" in json.dumps(case):
            continue  # who does not say theirs is asked for by it
        if isinstance(expected, bool):
            assert (toggle is not None) == expected, case
        elif toggle is not None:
            assert toggle["variant"] == expected, case
        else:
            assert not expected["feature_enabled"], case
    by_query = ask(unleash, "/api/frontend?userId=2&properties[version]=1.2.2").json()["toggles"]
    assert "F9.globalSegmentOn" in {toggle["name"] for toggle in by_query}


def test_a_change_is_seen_and_what_the_sdk_used_is_counted(unleash, sdk):
    name = "Feature.constraints.multiple.strategies"
    assert sdk.ask(name, {"userId": "456"})["enabled"]
    until(lambda: "registered" in sdk.heard and "sent" in sdk.heard, 20)

    def counted():
        pages = [requests.get(unleash.node_url(node, operations=True) + "/metrics", timeout=10).text
                 for node in unleash.names("serve")]
        return any(f'feature_flag_evaluations_total{{flag="{name}",result="true"}}' in page for page in pages)

    until(counted, 20)
    unleash.run("flags", "kill", name, "--environment", ENVIRONMENT, "--reason", "it breaks the shop")
    until(lambda: not sdk.ask(name, {"userId": "456"})["enabled"], 20)


def test_only_a_key_of_flags_gets_in(unleash):
    def is_known_again():
        etag = ask(unleash, "/api/client/features").headers["ETag"]
        again = requests.get(unleash.url + "/api/client/features", timeout=20,
                             headers={"Authorization": unleash.key, "If-None-Match": etag})
        return (again.status_code, again.content) == (304, b"")

    until(is_known_again)  # one of two nodes may not have heard yet of what was changed last
    other = unleash.run("keys", "create", "--email", "sdk@example.com", "--name", "files", "--scopes",
                        "files:read").stdout.split()[1]
    for path in ("/api/client/features", "/api/frontend"):
        assert ask(unleash, path, key="").status_code == 401
        assert ask(unleash, path, key="ack_nobody").status_code == 401
        assert ask(unleash, path, key=other).status_code == 403
        assert ask(unleash, path, key=f"Bearer {unleash.key}").status_code == 200
    person = sign_in(unleash)
    assert person.get("/api/frontend").json()["code"] == "unleash.programs_only"
    refused = ask(unleash, "/api/client/metrics", "POST", json={"bucket": 7})
    assert (refused.status_code, refused.json()["code"]) == (422, "unleash.report")
    assert ask(unleash, "/v1/files").status_code == 401, "elsewhere a key stands behind Bearer"


def test_without_the_setting_there_is_no_such_route(platform):
    with contextlib.closing(requests.get(platform.url + "/api/client/features", timeout=20)) as answer:
        assert answer.status_code == 404
