"""The platform as a program outside sees it. Every answer is held against the OpenAPI document: conftest.py
sees to it, whoever asks."""

import re

import jsonschema
import requests

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id", "trace_id"}


FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date-time")
def is_api_time(value):
    """RFC 3339 in UTC with milliseconds (C-8)."""
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value)


class Undocumented(AssertionError):
    """The platform answered what its own OpenAPI document does not say."""


class Contract:
    """What an OpenAPI document promises of every answer."""

    def __init__(self, document):
        self.document = document
        self.operations = [
            (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in {"get", "post", "put", "patch", "delete", "options"}
        ]

    def operation_of(self, method, path):
        bare = path.split("?")[0]
        method = "GET" if method == "HEAD" else method
        for known, pattern, operation in self.operations:
            if known == method and pattern.match(bare):
                return operation
        return None

    def check(self, method, path, answer, is_stream=False):
        """Of a stream the status, the headers and the kind of its body are held against it."""
        where = f"{method} {path} -> {answer.status_code}"
        if not answer.headers.get("X-Request-Id"):
            raise Undocumented(f"{where}: no X-Request-Id")
        operation = self.operation_of(method, path)
        has_body = method != "HEAD"
        if answer.status_code >= 400:
            if answer.headers.get("Content-Type", "").split(";")[0] != "application/problem+json":
                raise Undocumented(f"{where}: not a problem+json but {answer.headers.get('Content-Type')}")
            missing = PROBLEM_FIELDS - answer.json().keys() if has_body else None
            if missing:
                raise Undocumented(f"{where}: the problem lacks {sorted(missing)}")
        if operation is None:
            if answer.status_code not in (404, 405) and path != "/v1/openapi.json":  # which does not describe itself
                raise Undocumented(f"{where}: no such operation")
            return
        described = operation["responses"].get(str(answer.status_code)) or operation["responses"].get(
            "default")
        if described is None:
            raise Undocumented(f"{where}: documented are {sorted(operation['responses'])}")
        if has_body and answer.status_code not in (204, 304) and (is_stream or answer.content):
            self.check_body(where, described, answer, is_stream)

    def check_body(self, where, described, answer, is_stream):
        if "$ref" in described:
            described = self.resolve(described["$ref"])
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        content = described.get("content", {})
        known = content.get(kind) or content.get("*/*")
        if known is None:
            raise Undocumented(f"{where}: answered {kind!r}, documented are {sorted(content)}")
        schema = known.get("schema")
        if schema and kind.endswith("json") and not is_stream:
            resolver = jsonschema.RefResolver("", self.document)
            try:
                jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=FORMATS).validate(
                    answer.json())
            except jsonschema.ValidationError as error:
                raise Undocumented(f"{where}: {error.json_path} {error.message}") from None

    def resolve(self, reference):
        value = self.document
        for word in reference.removeprefix("#/").split("/"):
            value = value[word]
        return value


class Api:
    """A person or a machine that calls the platform. Cookies are kept, as a browser keeps them."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.http = requests.Session()

    def call(self, method, path, **options):
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        return self.http.request(method, self.url + path, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, **options):
        return self.call("POST", path, **options)

    def put(self, path, **options):
        return self.call("PUT", path, **options)

    def patch(self, path, **options):
        return self.call("PATCH", path, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)
