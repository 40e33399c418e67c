"""The OpenAPI document that the binary makes of its table of routes (C-8). That answers agree with it
is checked by tests/api.py, under every other test."""

import json
import pathlib
import subprocess

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent


def document_of(platform):
    return requests.get(platform.url + "/v1/openapi.json", timeout=10).json()


def test_a_linter_finds_nothing_to_say_of_the_document(platform, tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document_of(platform)))
    linted = subprocess.run(["node", str(ROOT / "tests/lint_openapi.mjs"), str(file)], capture_output=True, text=True,
                            timeout=300)
    assert linted.stdout == "" and linted.returncode == 0, linted.stdout + linted.stderr


def test_the_dashboard_was_generated_from_the_document_that_the_binary_has(platform):
    answered = document_of(platform)
    kept = json.loads((ROOT / "web/openapi.json").read_text())
    for document in (answered, kept):
        del document["info"]["version"]  # the release
    assert kept == answered, "keep what it answers in web/openapi.json, then npm run types in web/"
