"""What must be true of every deployment that went wrong in the middle, and the platform on which it goes
wrong: one for all tests of a file that leave it whole."""

import json
import os

import pytest
from conftest import Home, Platform, until
from deployer import Controller, Deployer

OUTCOME_UNKNOWN, HELD = 70, 75
ENDED = ("good", "rolled_back", "rollback_failed", "refused", "superseded", "cancelled")


class Story:
    """What must be true of everything that was ever deployed here."""

    def __init__(self, deployer):
        self.deployer = deployer

    def sql(self, statement):
        return self.deployer.platform.sql(statement)

    def newest(self):
        return self.deployer.history()[0]

    def is_over(self):
        return self.sql("SELECT count(*) FROM deployments WHERE ended_at IS NULL AND state <> 'succeeded'") == "0"

    def is_no_step_open(self):
        """Who is killed right after what a step does has not told its end: whoever goes on does, up to 30 s later."""
        return self.sql("SELECT count(*) FROM deployment_steps s JOIN deployments d ON d.id = s.deployment_id "
                        "WHERE s.ended_at IS NULL AND NOT (d.state = 'succeeded' AND s.kind = 'watch')") == "0"

    def assert_whole(self, release, seconds=120):
        """All nodes have the release, and nothing is left open, unended, or told twice."""
        until(self.is_over, seconds)
        self.deployer.assert_settled(release)
        assert self.sql("SELECT current_release FROM environments") == release
        until(self.is_no_step_open, seconds)
        assert self.sql("SELECT count(*) FROM (SELECT deployment_id FROM deployment_records GROUP BY 1 "
                        "HAVING count(*) <> max(seq)) holes") == "0"
        assert self.sql("SELECT count(*) FROM deployments WHERE state = 'succeeded'") in ("0", "1")
        assert self.sql("SELECT count(*), count(DISTINCT kind || ref) FROM changes WHERE kind <> 'break_glass'") == \
            self.sql("SELECT count(*), count(*) FROM deployment_records WHERE kind = 'state' "
                     "AND data ->> 'state' IN ('succeeded', 'rolled_back') AND data ->> 'release' <> ''")


def told_of(controller, story):
    """For whoever looks for the cause: what it told, in order, and how it stands in the history."""
    lines = [json.dumps(one) if isinstance(one, dict) else str(one) for one in controller.told]
    return "\n".join([*lines, "history: " + json.dumps(story.newest())])


def begin(deployer, release, window="12s", *options):
    return Controller(deployer, "run", release, "--canary-window", window, "--reason", "a test", *options)


@pytest.fixture(scope="module")
def shared():
    platform = Platform(Home())
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


@pytest.fixture
def deployer(shared):
    """The shared platform, when all its nodes are on one release; whoever breaks it ends the tests."""
    story = Story(shared)
    until(story.is_over, 120)
    assert until(lambda: len({node["release"] for node in shared.nodes().values()}) == 1, 60)
    return shared


@pytest.fixture
def story(deployer):
    return Story(deployer)


def release_of(deployer):
    return deployer.nodes()["app-1"]["release"]


def add(deployer, name, count=iter(range(1_000_000)), **behaviour):
    return deployer.add(f"{name}-{next(count)}", **behaviour)


def slow_migration(deployer, seconds):
    return script(deployer, f'[ "$1" = migrate ] && sleep {seconds}')


def script(deployer, line):
    """A release that is the real one, after that line of shell."""
    folder = deployer.platform.home.path / "script"
    folder.mkdir()
    os.link(deployer.platform.home.binary, folder / "acme-real")
    (folder / "acme").write_text(f'#!/bin/sh\n{line}\nexec "$(dirname "$0")/acme-real" "$@"\n')
    (folder / "acme").chmod(0o755)
    done = deployer.platform.run("release", "add", str(folder), "--json")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return json.loads(done.stdout)["id"]
