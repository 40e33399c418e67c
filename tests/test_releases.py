"""Releases on the machine of `acme up`: adding them, and which one comes back (C-5, C-6, ROLL-2)."""

import contextlib
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests
from conftest import ACCOUNT, READY, START_SECONDS, Home, Platform, under_account, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "releases"))
import make  # noqa: E402


@contextlib.contextmanager
def as_account():
    """What is opened meanwhile is opened by who runs the product."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam(ACCOUNT).pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def ask(platform, line, user=as_account):
    """The raw answer of the engine of `acme up`; b"" when it closes without one."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(90)
        with user():
            asked.connect(str(pathlib.Path(platform.state["run"]) / "engine.sock"))
        asked.sendall(line + b"\n")
        answer = b""
        while piece := asked.recv(1 << 16):
            answer += piece
        return answer


def engine(platform, call, **members):
    answer = json.loads(ask(platform, json.dumps({"call": call, **members}).encode()))
    assert "ok" in answer, answer
    return answer["ok"]


def instance(platform, node):
    return next(each for each in engine(platform, "instances") if each["facts"]["acme.node"] == node)


def run(platform, *words):
    """A command, whether or not anything runs."""
    return subprocess.run(under_account([str(platform.home.binary), *words, "--home", str(platform.data)]),
                          capture_output=True, text=True, env=platform.base_environment(), cwd="/", timeout=60)


def run_bare(platform, *words):
    return subprocess.run(under_account([str(platform.home.binary), *words]), capture_output=True, text=True,
                          env=platform.base_environment(), cwd="/", timeout=60)


def add(platform, kind="good", **behaviour):
    """The id of a new release."""
    folder = platform.home.path / f"build-{len(list(platform.home.path.glob('build-*')))}"
    make.make(folder, kind=kind, real=platform.home.binary, **behaviour)
    added = run(platform, "release", "add", str(folder), "--json")
    assert added.returncode == 0, added.stdout
    return json.loads(added.stdout)["id"]


def put(platform, fence, node, release, **labels):
    """The release on the node, by hand."""
    facts = instance(platform, node)["facts"]
    engine(platform, "stop", fence=fence, node=node, grace_ms=40_000)
    known_good = facts["acme.release"]
    facts.update({"acme.release": release, "acme.known_good": known_good, "acme.deployment": "dpl_test"})
    facts.update({f"acme.{name}": value for name, value in labels.items()})
    engine(platform, "start", fence=fence, facts=facts)


def take(platform, holder="a test"):
    return engine(platform, "take", holder=holder, time_max_ms=600_000, by_force=False)


def kill_and_start(platform, start_platform, *options, wait=True):
    platform.process.send_signal(signal.SIGKILL)
    platform.process.wait()
    return start_platform(*options, home=platform.home, wait=wait)


def program(platform, name, text):
    """The id of a release that is a script."""
    folder = platform.home.path / name
    folder.mkdir()
    (folder / "acme").write_text("#!/bin/sh\n" + text)
    (folder / "acme").chmod(0o755)
    added = run(platform, "release", "add", str(folder), "--json")
    assert added.returncode == 0, added.stdout
    return json.loads(added.stdout)["id"]


def test_two_releases_differ_in_content_size_migrations_and_settings():
    platform = Platform(Home())
    try:
        ours = add(platform, note="one")
        again = add(platform, note="two!")
        own = json.loads(run_bare(platform, "release", "describe", "--json").stdout)
        assert "202611240330_deploy" in own["migrations"] and "DATABASE_URL" in own["settings"]
        next_one = program(platform, "next", "echo '%s'\n" % json.dumps(
            {"migrations": own["migrations"] + ["209912312359_next"], "settings": own["settings"][1:]}))
        silent = program(platform, "silent", "exit 1\n")

        def diff(one, other):
            return json.loads(run(platform, "deploy", "diff", one, other, "--json").stdout)

        same = diff(ours, again)
        assert not same["same_content"] and same["to"]["size_bytes"] == same["from"]["size_bytes"] + 1
        assert same["migrations"] == same["settings"] == {"added": [], "removed": []}
        grown = diff(ours, next_one[:12])
        assert grown["migrations"] == {"added": ["209912312359_next"], "removed": []}
        assert grown["settings"] == {"added": [], "removed": own["settings"][:1]}
        assert diff(ours, silent)["migrations"] is None and diff(ours, ours)["same_content"]
        words = run(platform, "deploy", "diff", ours, next_one).stdout
        assert "+ 209912312359_next" in words and "Content     differs" in words
        unknown = run(platform, "deploy", "diff", ours, "0" * 40)
        assert unknown.returncode == 1 and ours in unknown.stderr
    finally:
        platform.home.remove()


def test_a_release_is_added_while_nothing_runs_and_shown():
    platform = Platform(Home())
    try:
        one = add(platform, note="one")
        assert re.fullmatch("dev-[0-9a-f]{16}", one)
        again = run(platform, "release", "add", str(platform.home.path / "build-0"))
        assert again.returncode == 0 and again.stdout == f"Release {one}\n"
        sha = "a" * 40
        assert run(platform, "release", "add", str(platform.home.binary), "--sha", sha).returncode == 0
        taken = run(platform, "release", "add", str(platform.home.path / "build-0"), "--sha", sha)
        assert taken.returncode == 1 and "with another content" in taken.stderr
        listed = [json.loads(line) for line in run(platform, "release", "list", "--json").stdout.splitlines()]
        assert [release["id"] for release in listed] == [sha, one]
        assert not any(release["good"] or release["nodes"] for release in listed)
        assert listed[0]["digest"].startswith("sha256:")
        assert one in run(platform, "release", "list").stdout
        for source, words in ((["/nowhere"], "There is no"), (["/etc/os-release"], "executable"),
                              (["/etc/ssl"], "executable"), ([str(platform.home.binary), "--sha", "abc"], "40 hex")):
            refused = run(platform, "release", "add", *source)
            assert refused.returncode == 1 and words in refused.stderr, refused.stderr
        assert {path.name for path in (platform.data / "releases").iterdir()} == {
            ".lock", one, one + ".json", sha, sha + ".json"}
    finally:
        platform.home.remove()


def test_the_first_release_is_good_by_birth(platform):
    listed = [json.loads(line) for line in run(platform, "release", "list", "--json").stdout.splitlines()]
    release = next(release for release in listed if release["id"] == platform.state["release"])
    assert release["good"]
    assert release["nodes"] == ["app-1", "app-2", "app-3", "scheduler", "worker-1", "worker-2"]
    assert platform.node("app-1")["known_good"] == release["id"]
    assert platform.node("app-1")["deployment"] == "up"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_the_engine_answers_its_own_user_alone(platform):
    assert b"app-1" in ask(platform, b'{"call": "instances"}')
    with contextlib.suppress(ConnectionError):
        assert ask(platform, b'{"call": "instances"}', user=contextlib.nullcontext) == b""


def test_a_killed_supervisor_comes_back_with_what_was_deployed(start_platform):
    options = ("--app-nodes", "1", "--workers", "1")
    platform = start_platform(*options)
    born = platform.state["release"]
    release = add(platform, note="two")
    fence = take(platform)
    for node in ("app-1", "worker-1", "scheduler"):
        put(platform, fence, node, release)
    until(lambda: platform.is_ready("app-1"), 60)
    assert requests.get(platform.node_url("app-1") + "/healthz", timeout=30).headers["X-Acme-Release"] == release
    assert instance(platform, "app-1")["is_running"]

    again = kill_and_start(platform, start_platform, *options)
    assert again.state["release"] == release
    assert again.wait_for_line(f"Release {born} was here before")
    assert again.node("app-1") == {**platform.node("app-1"), "release": release, "known_good": born}
    assert again.node("app-1")["deployment"] == "dpl_test"
    assert take(again)["number"] == fence["number"]
    held = json.loads(ask(again, b'{"call":"take","holder":"b","time_max_ms":1000,"by_force":false}'))
    assert held["error"]["code"] == "engine.held"
    assert again.stop() == 0  # which does not hang although somebody holds it


def test_a_canary_whose_deployment_died_goes_back_and_a_release_that_never_starts_too(start_platform):
    options = ("--app-nodes", "2", "--workers", "1")
    platform = start_platform(*options)
    born = platform.state["release"]
    canary, stuck = add(platform, note="two"), add(platform, kind="app", never_ready=True)
    fence = take(platform)
    put(platform, fence, "app-1", canary, track="canary")
    put(platform, fence, "app-2", stuck)

    again = kill_and_start(platform, start_platform, *options, wait=False)
    again.wait_for_line(READY, 30 + START_SECONDS)  # for half a minute it waits for what never starts
    assert again.wait_for_line(f"app-2 does not get ready with {stuck}; back to {born}")
    for node in ("app-1", "app-2"):
        assert again.node(node)["release"] == born, node
        assert again.node(node)["track"] == "stable", node


def test_a_program_that_is_new_is_released_on_all_nodes(start_platform):
    options = ("--app-nodes", "1", "--workers", "1")
    platform = start_platform(*options)
    born = platform.state["release"]
    assert platform.stop() == 0
    with open(platform.home.binary, "ab") as program:
        program.write(b"changed")
    again = start_platform(*options, home=platform.home)
    assert again.state["release"] != born
    assert {again.node(node)["known_good"] for node in ("app-1", "worker-1", "scheduler")} == {
        again.state["release"]}
