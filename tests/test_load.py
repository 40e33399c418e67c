"""acme load: open-loop traffic whose report is what the client saw."""

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from conftest import ROOT, under_account, until
from people import objects_of

sys.path.insert(0, str(ROOT / "tests/releases"))
from make import make  # noqa: E402

EMAIL = "load@acme.invalid"
ADDRESS = "127.0.79.1"
URL = f"http://{ADDRESS}:8080"


@pytest.fixture
def start_app(platform, tmp_path):
    """A minimal application on ADDRESS that does what it is told."""
    started = []

    def start(**behaviour):
        folder = make(tmp_path / "release", "app", **behaviour)
        started.append(subprocess.Popen(
            [str(folder / "acme")], env={**platform.base_environment(), "ACME_ADDRESS": ADDRESS, "ACME_RELEASE": "r-1"}))
        until(lambda: subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/{ADDRESS}/8080"],
                                     capture_output=True).returncode == 0, 30)

    yield start
    for process in started:
        process.kill()
        process.wait()


def load(platform, *words, check=True):
    done = platform.run("load", "--json", *words, check=False, timeout=90)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[0]) if lines and lines[0].startswith("{") else done.stdout


def left_behind(platform):
    """Files, objects and sessions of all who take part."""
    user = "(SELECT id FROM users WHERE email LIKE 'load%@acme.invalid')"
    files = platform.sql("SELECT count(*) FROM files WHERE state <> 'deleted' AND org_id IN "
                         f"(SELECT org_id FROM memberships WHERE user_id IN {user})")
    sessions = platform.sql(f"SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND user_id IN {user}")
    return int(files), int(sessions)


def test_it_reads_stores_and_signs_in_and_leaves_nothing_behind(platform):
    code, report = load(platform, "--rps", "40", "--for", "5s")
    assert (code, report["failed"], report["not_sent"]) == (0, 0, 0)
    assert report["kinds"]["read"]["requests"] > 100
    assert report["kinds"]["upload"]["requests"] > 5
    assert 2 <= report["kinds"]["sign-in"]["requests"] <= 3
    assert report["kinds"]["sign-in"]["requests"] == report["kinds"]["sign-out"]["requests"]
    assert sum(kind["requests"] for kind in report["kinds"].values()) == 200 + report["kinds"]["sign-out"]["requests"]
    assert list(report["releases"]) == [platform.state["release"]]
    assert report["left_behind"] == ""
    assert left_behind(platform) == (0, 0)
    until(lambda: objects_of(platform, EMAIL) == [], 60)


def test_no_user_of_it_asks_more_often_than_the_limit_lets_them(platform):
    load(platform, "--rps", "40", "--for", "1s")
    users = platform.sql("SELECT count(*) FROM users WHERE email LIKE 'load%@acme.invalid'")
    assert int(users) >= 8, "five requests a second of each"


def test_failures_are_counted_by_release_and_by_reason(platform, start_app):
    start_app(fail_every=10)
    code, report = load(platform, "--url", URL, "--path", "/x", "--rps", "100", "--for", "2s", check=False)
    assert code == 1
    assert report["releases"]["r-1"]["requests"] == 200
    assert report["releases"]["r-1"]["failed"] == 20
    assert report["failures"] == {"status 500": 20}


def test_whoever_waits_for_answers_would_have_sent_less(platform, start_app):
    start_app(delay_ms=1500)
    _, report = load(platform, "--url", URL, "--path", "/x", "--rps", "100", "--for", "2s")
    assert report["requests"] == 200
    assert report["p50_ms"] >= 1500


def test_where_nobody_answers_every_request_is_a_failure(platform):
    code, report = load(platform, "--url", "http://127.0.79.2:9", "--path", "/x", "--rps", "20", "--for", "1s", check=False)
    assert code == 1
    assert report["failures"] == {"no connection": 20}
    assert report["releases"]["none"]["failed"] == 20


def test_it_stays_on_this_machine_unless_told(platform):
    for url in ("http://192.0.2.1:80", "http://example.com"):
        done = platform.run("load", "--url", url, "--path", "/x", check=False)
        assert done.returncode == 1 and "--anywhere" in done.stderr, done.stderr


def test_wrong_options_are_all_reported_at_once(platform):
    done = platform.run("load", "--rps", "0", "--for", "2h", "--path", "x", "--url", "ftp://127.0.0.1", check=False)
    assert done.returncode == 1
    for option in ("--rps", "--for", "--path", "--url"):
        assert f"  {option}  " in done.stderr


def test_ctrl_c_ends_it_early_with_the_report_and_cleans_up(platform):
    watcher, terminal = pty.openpty()
    running = subprocess.Popen(
        under_account([str(platform.home.binary), "load", "--rps", "20", "--for", "10m"]),
        stdout=subprocess.PIPE, stderr=terminal, text=True, env=platform.environment, cwd=platform.home.path)
    os.close(terminal)
    seen = b""
    while b"begun" not in seen:
        seen += os.read(watcher, 1000)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    os.close(watcher)
    assert running.returncode == 0, said
    assert "ended early" in said and "by release" in said
    assert left_behind(platform) == (0, 0)


def test_what_an_earlier_run_left_when_it_was_killed_is_removed_by_the_next(platform):
    running = subprocess.Popen(
        under_account([str(platform.home.binary), "load", "--rps", "50", "--for", "10m"]),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=platform.environment, cwd=platform.home.path)
    until(lambda: left_behind(platform)[0] > 3 and objects_of(platform, EMAIL), 60)
    running.kill()
    running.wait()
    load(platform, "--rps", "10", "--for", "1s")
    assert left_behind(platform)[0] == 0
    until(lambda: objects_of(platform, EMAIL) == [], 60)


def test_no_secret_is_told(platform):
    done = platform.run("load", "--rps", "10", "--for", "1s")
    assert "password" not in done.stdout + done.stderr


def test_without_an_environment_it_says_what_is_missing(platform):
    bare = {**platform.base_environment(), "ACME_HOME": str(platform.data)}
    done = subprocess.run(under_account([str(platform.home.binary), "load", "--for", "1s"]), env=bare, text=True,
                          capture_output=True, cwd=platform.home.path, timeout=30)
    assert done.returncode == 1 and "DATABASE_URL" in done.stderr
