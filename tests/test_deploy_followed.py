"""Whoever is killed on the way back or in the watch, or sleeps too long, is followed by another, who ends
what was begun; on the real binary, PostgreSQL, Redis and HAProxy."""

import os
import signal

import pytest
from conftest import until
from story import ENDED, OUTCOME_UNKNOWN, add, begin, deployer, shared, story


@pytest.mark.parametrize("step", ["shed", "replace", "balance", "record"])
def test_a_controller_that_is_killed_on_the_way_back_is_gone_on_with(deployer, story, step):
    release = add(deployer, "good")
    known_good = deployer.nodes()["app-1"]["known_good"]
    controller = begin(deployer, release, "60s")
    controller.until_step("judge")
    deployer.platform.run("deploy", "abort", "--reason", "enough")
    controller.until_state("rolling_back")
    controller.until_step(step)

    controller.kill()

    until(lambda: story.newest()["state"] in ENDED, 180)
    assert story.newest()["state"] == "rolled_back", story.newest()
    assert "enough" in story.newest()["outcome"]
    story.assert_whole(known_good)  # whatever ran before


def test_whoever_watches_and_is_killed_is_followed_by_another(deployer, story):
    release = add(deployer, "good")
    assert begin(deployer, release).wait() == 0
    watched = "SELECT count(*) FROM deployment_steps WHERE kind = 'watch' AND deployment_id = (" \
              "SELECT id FROM deployments ORDER BY fence DESC LIMIT 1)"
    until(lambda: story.sql(watched) == "1", 60)

    deployer.platform.kill("scheduler")

    until(lambda: int(story.sql(watched)) >= 2, 120)
    assert story.newest()["state"] == "succeeded"
    story.assert_whole(release)


def test_a_controller_that_slept_past_its_time_touches_nothing_any_more(deployer, story):
    release = add(deployer, "good")
    controller = begin(deployer, release, "14s")
    controller.until_step("judge")
    os.kill(controller.process.pid, signal.SIGSTOP)
    until(lambda: story.sql("SELECT count(*) FROM deployment_records WHERE kind = 'taken' AND deployment_id = ("
                            "SELECT id FROM deployments ORDER BY fence DESC LIMIT 1)") != "0", 120)

    os.kill(controller.process.pid, signal.SIGCONT)

    assert controller.wait() == OUTCOME_UNKNOWN, controller.told
    until(lambda: story.newest()["state"] in ("succeeded", *ENDED), 180)
    assert story.newest()["state"] == "succeeded"
    story.assert_whole(release)
