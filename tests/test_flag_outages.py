"""Feature flags while what they come from is away: evaluations go on, how old they may be is told, and what was published
meanwhile is there soon after (FLAG-5). And nothing of flags where they are switched off (ENV-10)."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest
import requests
from conftest import under_account, until
from flag_sets import flag, publish
from people import sign_in
from redis_words import ask_redis

pytestmark = pytest.mark.alone


def make_key(platform):
    platform.run("accounts", "create", "--email", "flags@example.com", "--name", "Flags")
    return platform.run("keys", "create", "--email", "flags@example.com", "--name", "ci", "--scopes",
                        "flags:read").stdout.split()[1]


class Reader:
    """A program that asks each node for all flags."""

    def __init__(self, platform):
        self.platform = platform
        self.key = make_key(platform)

    def ask(self, node):
        answer = requests.post(self.platform.node_url(node) + "/ofrep/v1/evaluate/flags", json={"context": {}}, timeout=10,
                               headers={"Authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        return {each["key"]: each.get("value") for each in answer.json()["flags"]}

    def sees(self, expected, seconds=10):
        for node in self.platform.names("serve"):
            until(lambda node=node: self.ask(node) == expected, seconds=seconds)

    def age(self, node):
        text = requests.get(self.platform.node_url(node, operations=True) + "/metrics", timeout=10).text
        return float(re.search(r"^feature_flag_snapshot_age_seconds (\S+)$", text, re.M).group(1))


def test_without_either_server_the_last_rule_set_is_evaluated_and_its_age_is_told(start_platform):
    platform = start_platform()
    reader = Reader(platform)
    publish(platform, flag("a", fallthrough="on"))
    reader.sees({"a": True})
    node = platform.names("serve")[0]
    until(lambda: (platform.data / "flags.snap").exists())

    # Without Redis news come over PostgreSQL.
    redis = platform.pid("redis")
    os.kill(redis, signal.SIGSTOP)
    publish(platform, flag("a", fallthrough="off"))
    reader.sees({"a": False})

    # Without both: nothing new, and no refusal.
    postgres = platform.pid("postgres")
    os.kill(postgres, signal.SIGINT)  # a fast shutdown, after which the supervisor tries again and again

    def is_back():
        with contextlib.suppress(AssertionError):
            return platform.pid("postgres") != postgres and platform.sql("SELECT 1") == "1"

    for _ in range(20):
        assert reader.ask(node) == {"a": False}
        time.sleep(0.1)
    os.kill(redis, signal.SIGKILL)
    reader.sees({"a": False})

    # What is published when they are back is there soon.
    until(is_back, seconds=60)
    publish(platform, flag("a", fallthrough="on"), flag("b"))
    reader.sees({"a": True, "b": False}, seconds=20)
    until(lambda: reader.age(node) < 7, seconds=20)


def test_the_age_grows_while_postgresql_cannot_be_asked(start_platform):
    platform = start_platform()
    reader = Reader(platform)
    publish(platform, flag("a", fallthrough="on"))
    reader.sees({"a": True})
    node = platform.names("serve")[0]
    hanging = [platform.pid("postgres")]
    os.kill(hanging[0], signal.SIGSTOP)  # first: then none of its children comes or goes
    try:
        hanging += map(int, os.popen(f"pgrep -P {hanging[0]}").read().split())
        for pid in hanging[1:]:
            os.kill(pid, signal.SIGSTOP)
        # What PostgreSQL says of a key that was known is waited for only a moment.
        until(lambda: reader.ask(node) == {"a": True} and reader.age(node) > 8, seconds=40)
    finally:
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
    until(lambda: reader.age(node) < 7, seconds=30)
    assert reader.ask(node) == {"a": True}


def test_news_that_nobody_tells_are_found(start_platform):
    platform = start_platform()
    reader = Reader(platform)
    publish(platform, flag("a", fallthrough="on"))
    reader.sees({"a": True})
    publish(platform, flag("a", fallthrough="off"), notify=False)  # as if both ways had lost them
    reader.sees({"a": False}, seconds=15)


def test_a_cold_start_without_either_server_takes_what_the_folder_has(start_platform):
    platform = start_platform()
    reader = Reader(platform)
    version = publish(platform, flag("a", fallthrough="on"))
    reader.sees({"a": True})
    file = platform.data / "flags.snap"
    until(lambda: file.exists() and f'"version":{version}' in file.read_text())  # after it is shown
    environment = platform.environment
    platform.stop()
    environment = {**environment, "DATABASE_URL": "postgres://acme@127.0.0.1:1/acme",
                   "REDIS_URL": "redis://127.0.0.1:1", "PORT": str(platform.port + 7), "METRICS_PORT": str(platform.port + 8),
                   "ACME_ADDRESS": "127.0.0.1", "ACME_NODE": "alone", "RELEASE_IS_KNOWN_GOOD": "true"}
    alone = subprocess.Popen(under_account([str(platform.home.binary), "serve"]), env=environment, cwd=platform.home.path,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        lines = iter(alone.stdout.readline, "")
        line = next(line for line in lines if '"flags.from_disk"' in line)
        assert json.loads(line)["rulesets"] >= 1
    finally:
        alone.terminate()
        alone.wait(20)
    # One that was written half is none.
    file.write_text(file.read_text()[:-5])
    alone = subprocess.Popen(under_account([str(platform.home.binary), "serve"]), env=environment, cwd=platform.home.path,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        seen = []
        until(lambda: seen.append(alone.stdout.readline()) or "startup.database" in seen[-1] or '"ready"' in seen[-1], seconds=20)
        assert not any("flags.from_disk" in line for line in seen)
    finally:
        alone.terminate()
        alone.wait(20)


def test_switched_off_nothing_of_flags_is_there_and_nothing_fails(start_platform):
    platform = start_platform(environment={"ENABLE_FEATURE_FLAGS": "false"})
    reader = Reader(platform)
    publish(platform, flag("a", fallthrough="on"))
    node = platform.names("serve")[0]
    assert reader.ask(node) == {}
    one = requests.post(platform.node_url(node) + "/ofrep/v1/evaluate/flags/a", json={"context": {}}, timeout=10,
                        headers={"Authorization": f"Bearer {reader.key}"})
    assert (one.status_code, one.json()) == (200, {"key": "a", "reason": "DISABLED"})
    assert sign_in(platform).get("/v1/flags/ruleset").json()["flags"] == []
    assert ask_redis(platform, "KEYS", "ff:*") == []
    assert not (platform.data / "flags.snap").exists()
    listening = platform.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN acme_flags%'")
    assert listening == "0"
    assert ask_redis(platform, "PUBSUB", "NUMSUB", "ff") == ["ff", 0]
