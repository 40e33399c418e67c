"""Requests that nobody thought of, to every route of the OpenAPI document: as it describes them, and bent. No answer
is a fault, and none is one that the document does not know (conftest.py holds every answer against it).
A run is repeated with `--hypothesis-seed`, which is printed when something is found."""

import json
import os
import pathlib
import re
import uuid

import pytest
from conftest import Home, Platform
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import sign_in

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = json.loads((ROOT / "web/openapi.json").read_text())
EXAMPLES = int(os.environ.get("ACME_TEST_EXAMPLES", "12"))  # of each route
# These would end who asks, and everything after them would be asked by nobody.
ENDING = {"/v1/auth/logout", "/v1/auth/logout_all", "/v1/auth/password/change"}
# As long as a test waits: an answer without an end is asked for elsewhere.
STREAMS = {path for path, item in DOCUMENT["paths"].items() for operation in item.values()
           if any("text/event-stream" in answer.get("content", {}) for answer in operation["responses"].values())}
OPERATIONS = [(method, path) for path, item in DOCUMENT["paths"].items() for method in item
              if path not in ENDING | STREAMS]

odd_text = st.one_of(st.text(max_size=40), st.sampled_from(
    ["", " ", "a", "null", "../../etc/passwd", "' OR 1=1 --", "\u0000", "\ud7ff\U0001f600", "%00", "x" * 2000, "-1", "{}"]))
odd_value = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), odd_text),
                         lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)),
                         max_leaves=6)


def resolved(schema):
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def fitting(schema):
    """Values that the schema describes."""
    schema = resolved(schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "object")
    return st.one_of([fitting_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def fitting_kind(kind, schema):
    if kind == "object":
        fields = {name: fitting(each) for name, each in schema.get("properties", {}).items()}
        needed = {name: fields.pop(name) for name in schema.get("required", []) if name in fields}
        return st.fixed_dictionaries(needed, optional=fields)
    if kind == "array":
        return st.lists(fitting(schema.get("items", {"type": "string"})), min_size=schema.get("minItems", 0),
                        max_size=min(schema.get("maxItems", 4), 4))
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 1000))
    if kind == "string":
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", 60), 60)
        return st.one_of(st.text(min_size=least, max_size=most), st.sampled_from(
            ["files:read", "nodes:read", "ada@example.com", "2026-11-29T12:00:00Z", "1h", "app-1"]))
    return {"boolean": st.booleans(), "null": st.none(), "number": st.integers(0, 100)}[kind]


def bodies(operation):
    """None, one as described, the same with something wrong in it, and what is no JSON at all."""
    kinds = operation.get("requestBody", {}).get("content", {})
    if not kinds:
        return st.just((None, None))
    kind = next(iter(kinds))
    if not kind.endswith("json"):
        return st.tuples(st.sampled_from([*kinds, "text/plain"]), st.binary(max_size=200))
    good = fitting(kinds[kind]["schema"])
    as_object = good.map(lambda body: body if isinstance(body, dict) else {})  # a list is bent by what it is not
    bent = st.one_of(st.tuples(as_object, odd_text, odd_value).map(lambda all: {**all[0], all[1]: all[2]}),
                     as_object.flatmap(lambda body: st.sampled_from(sorted(body or {"x": 1})).flatmap(
                         lambda name: odd_value.map(lambda value: {**body, name: value}))), odd_value)
    as_text = st.one_of(good, good, bent).map(lambda body: json.dumps(body).encode())
    return st.tuples(st.sampled_from([kind, kind, kind, "application/json", "text/plain"]),
                     st.one_of(as_text, as_text, as_text, st.binary(max_size=60)))


class Known:
    """Ids that answers have shown: of things that are there."""

    def __init__(self):
        self.ids = []

    def learn(self, text):
        self.ids = sorted({*self.ids, *re.findall(r'"([a-z]{3}_(?:[0-9a-z]{26}|[0-9a-z]{13}))"', text)})[-200:]

    def some(self):
        shaped = st.sampled_from(["usr", "org", "fil", "key", "ses", "dpl", "inv", "cre", "png"]).map(lambda kind: f"{kind}_{'0' * 25}1")
        junk = st.sampled_from(["x", "..", "%2e%2e", "0", "usr_", "usr_" + "z" * 26, "%ff", "a" * 300, "1" * 26])
        return st.one_of(st.sampled_from(self.ids), shaped, junk) if self.ids else st.one_of(shaped, junk)


class Asker:
    """An administrator of the platform, who is signed in again when a request has ended that; and nobody."""

    def __init__(self, platform):
        self.platform = platform
        self.known = Known()
        self.person = sign_in(platform)
        for path in ("/v1/me", "/v1/orgs", "/v1/admin/users", "/v1/me/sessions"):
            self.known.learn(self.person.get(path).text)

    def send(self, method, path, is_anybody, **options):
        options["timeout"] = 60  # who pulls jobs may ask to wait half of it for one
        answer = self.person.call(method.upper(), path, **options)
        if is_anybody and answer.status_code == 401 and self.person.get("/v1/me").status_code == 401:
            self.person = sign_in(self.platform)
            answer = self.person.call(method.upper(), path, **options)
        self.known.learn(answer.text)
        return answer


@pytest.fixture(scope="module")
def asker():
    """On a platform of its own: whatever can be done to it is done."""
    platform = Platform(Home(), "--replicas", "1")
    try:
        yield Asker(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


def drawn(data, operation, path, ids):
    """A request: its path, headers and body."""
    headers, query = {}, {}
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace("{" + name + "}", data.draw(ids, name))
        elif parameter["in"] == "query" and data.draw(st.booleans(), "with " + name):
            query[name] = data.draw(st.one_of(odd_text, st.integers(-1, 300).map(str)), name)
        elif parameter["in"] == "header" and data.draw(st.integers(0, 3), "with " + name):
            headers[name] = data.draw(st.sampled_from(['"1"', '"2"', "*", "x", uuid.uuid4().hex]), name)
    kind, body = data.draw(bodies(operation), "body")
    if kind:
        headers["Content-Type"] = kind
    return path, {"params": query, "headers": headers, "data": body}


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_no_request_is_answered_with_a_fault_or_with_what_is_not_documented(asker, method, path):
    operation = DOCUMENT["paths"][path][method]
    needs_someone = "security" in operation
    ids = asker.known.some()  # of this moment: what answers show meanwhile would make a run no other can repeat

    @settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data):
        where, options = drawn(data, operation, path, ids)
        answer = asker.send(method, where, needs_someone, **options)
        # Where there are no machines, or no S3, that is said with 503 and is no fault.
        assert answer.status_code < 500 or answer.status_code == 503, f"{method} {where}: {answer.status_code} {answer.text}"

    ask()
