"""Operators who want different things at once, or what cannot be: one is served, the others are told why;
on the real binary, PostgreSQL, Redis and HAProxy."""

from deployer import Controller
from story import HELD, OUTCOME_UNKNOWN, add, begin, deployer, release_of, shared, slow_migration, story


def test_of_two_operators_one_deploys_and_the_other_is_told_who(deployer, story):
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step("migrate")

    second = deployer.deploy(release, check=False)

    assert second.returncode == HELD and "deployment dpl_" in second.stderr, second.stderr
    assert controller.wait() == 0
    story.assert_whole(release)


def test_a_rollback_takes_a_running_deployment_over_and_many_at_once_are_one(deployer, story):
    good = deployer.nodes()["app-1"]["known_good"]
    release = add(deployer, "good")
    controller = begin(deployer, release, "60s")
    deployment = controller.until_step("judge")["deployment"]

    rollbacks = [Controller(deployer, "rollback", "--yes") for _ in range(4)]
    codes = sorted(one.wait() for one in rollbacks)

    assert codes[0] == 0 and set(codes) <= {0, HELD}, [one.told for one in rollbacks]
    assert controller.wait() == OUTCOME_UNKNOWN, controller.told
    story.assert_whole(good)
    told = {one["id"]: one["state"] for one in deployer.history()}
    assert told[deployment] == "cancelled"
    newest = [one["kind"] for one in deployer.history()[:2]]
    assert newest == ["rollback", "release"], deployer.history()[:3]


def test_a_rollback_while_the_migrations_run_keeps_the_deployment_from_going_on(deployer, story):
    good = deployer.nodes()["app-1"]["known_good"]
    assert deployer.run("rollback", "--to", good, "--yes").returncode == 0
    release = slow_migration(deployer, seconds=8)
    controller = begin(deployer, release)
    deployment = controller.until_step("migrate")["deployment"]

    assert deployer.run("rollback", "--yes").returncode == 0

    assert controller.wait() == OUTCOME_UNKNOWN
    story.assert_whole(good)
    assert next(one for one in deployer.history() if one["id"] == deployment)["state"] == "cancelled"


def test_where_a_rollback_may_go(deployer, story):
    deployer.run("rollback", "--to", deployer.first, "--yes")
    current = release_of(deployer)
    never_good = add(deployer, "good")

    unknown = deployer.run("rollback", "--to", "0123456789", "--yes", check=False)
    short = deployer.run("rollback", "--to", current[:6], "--yes", check=False)
    bad = deployer.run("rollback", "--to", never_good, "--yes", check=False)
    forced = deployer.run("rollback", "--to", never_good, "--yes", "--force", check=False)
    same = deployer.run("rollback", "--to", current[:12], "--yes")

    assert unknown.returncode == 1 and current in unknown.stderr, unknown.stderr
    assert short.returncode == 1 and "short_release" in short.stderr
    assert bad.returncode == 1 and "not_good" in bad.stderr and current in bad.stderr
    assert forced.returncode == 1, "without a reason"
    assert same.returncode == 0
    story.assert_whole(current)


def test_releases_that_begin_alike_are_told_apart_before_anything_is_touched(deployer, story):
    before, count = release_of(deployer), len(deployer.history())
    alike = [deployer.add(f"alike-{digit}", sha="c0ffee0" + digit * 33) for digit in "12"]

    for words in (("run", "c0ffee0"), ("plan", "c0ffee0"), ("rollback", "--to", "c0ffee0", "--yes")):
        refused = deployer.run(*words, check=False)
        assert refused.returncode == 1 and "deploy.ambiguous_release" in refused.stderr, refused.stderr
        assert all(one in refused.stderr for one in alike), refused.stderr

    assert (release_of(deployer), len(deployer.history())) == (before, count)
    assert alike[0] in deployer.run("plan", alike[0][:8]).stdout
