"""The platform as a program outside sees it. Every answer is held against the OpenAPI document."""

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


class Api:
    """A person or a machine that calls the platform. Cookies are kept, as a browser keeps them."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.http = requests.Session()
        self.document = self.http.get(self.url + "/v1/openapi.json", timeout=10).json()
        self.operations = [
            (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]

    def call(self, method, path, **options):
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        answer = self.http.request(method, self.url + path, **options)
        if not options.get("stream"):
            self.check(method, path, answer)
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, **options):
        return self.call("POST", path, **options)

    def patch(self, path, **options):
        return self.call("PATCH", path, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def operation_of(self, method, path):
        bare = path.split("?")[0]
        for known, pattern, operation in self.operations:
            if known == method and pattern.match(bare):
                return operation
        return None

    def check(self, method, path, answer):
        if not path.startswith("/v1/") or answer.status_code >= 500 and not answer.content:
            return
        where = f"{method} {path} -> {answer.status_code}"
        if not answer.headers.get("X-Request-Id"):
            raise Undocumented(f"{where}: no X-Request-Id")
        operation = self.operation_of(method, path)
        if answer.status_code >= 400:
            if answer.headers.get("Content-Type", "").split(";")[0] != "application/problem+json":
                raise Undocumented(f"{where}: not a problem+json but {answer.headers.get('Content-Type')}")
            missing = PROBLEM_FIELDS - answer.json().keys()
            if missing:
                raise Undocumented(f"{where}: the problem lacks {sorted(missing)}")
        if operation is None:
            if answer.status_code not in (404, 405):
                raise Undocumented(f"{where}: no such operation")
            return
        described = operation["responses"].get(str(answer.status_code)) or operation["responses"].get(
            "default")
        if described is None:
            raise Undocumented(f"{where}: documented are {sorted(operation['responses'])}")
        self.check_body(where, described, answer)

    def check_body(self, where, described, answer):
        if "$ref" in described:
            described = self.resolve(described["$ref"])
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        content = described.get("content", {})
        if not answer.content:
            return
        if kind not in content:
            raise Undocumented(f"{where}: answered {kind}, documented are {sorted(content)}")
        schema = content[kind].get("schema")
        if schema and kind.endswith("json"):
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
