"""A controller that is killed at any step: whoever goes on ends with all nodes on one good release, ready,
with the same weight, and a history without a hole; on the real binary, PostgreSQL, Redis and HAProxy."""

import pytest
from conftest import until
from story import ENDED, add, begin, deployer, shared, story


# By the journal's own times: from the last word of who was killed to the first of who went on, in seconds.
TAKEN_AFTER = """
    SELECT extract(epoch FROM taken.at - max(before.at)) FROM deployment_records taken
    JOIN deployment_records before ON before.deployment_id = taken.deployment_id AND before.seq < taken.seq
    WHERE taken.kind = 'taken'
      AND taken.deployment_id = (SELECT id FROM deployments ORDER BY fence DESC LIMIT 1)
    GROUP BY taken.seq, taken.at ORDER BY taken.seq LIMIT 1"""


@pytest.mark.parametrize("step", [
    "migrate", "canary", "judge", "replace", "watch_batch", "balance", "smoke", "record"])
def test_a_controller_that_is_killed_is_gone_on_with(deployer, story, step):
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step(step)

    controller.kill()

    until(lambda: story.newest()["state"] in ("succeeded", *ENDED), 180)
    assert (story.newest()["release"], story.newest()["state"]) == (release, "succeeded")
    # To record is one transaction: it may be done before the signal comes, and nobody has to go on.
    taken_after = story.sql(TAKEN_AFTER)
    print(f"taken after {taken_after or '-'} s")
    assert taken_after or step == "record"
    story.assert_whole(release)


def test_a_controller_that_is_killed_after_what_a_step_did_and_before_it_told_so(deployer, story):
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_state("succeeded")  # in the midst of the step that records it

    controller.kill()

    story.assert_whole(release)
