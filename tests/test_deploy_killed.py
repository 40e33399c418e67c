"""A controller that is killed at any step: whoever goes on ends with all nodes on one good release, ready,
with the same weight, and a history without a hole; on the real binary, PostgreSQL, Redis and HAProxy."""

import pytest
from conftest import until
from story import ENDED, add, begin, deployer, shared, story


@pytest.mark.parametrize("step", [
    "migrate", "canary", "judge", "replace", "watch_batch", "balance", "smoke", "record"])
def test_a_controller_that_is_killed_is_gone_on_with(deployer, story, step):
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step(step)

    controller.kill()

    until(lambda: story.newest()["state"] in ("succeeded", *ENDED), 180)
    assert (story.newest()["release"], story.newest()["state"]) == (release, "succeeded")
    story.assert_whole(release)
