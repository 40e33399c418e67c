"""Parts that are away, full or dead in the middle of a deployment: the end is all nodes on one good release,
ready, with the same weight, and a history without a hole; on the real binary, PostgreSQL, Redis and HAProxy."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from conftest import under_account, until
from deployer import ROLLBACK_FAILED, ROLLED_BACK, Deployer, Readers, records
from story import (ENDED, HELD, OUTCOME_UNKNOWN, Story, add, begin, deployer, release_of, script, shared, story, told_of)


def unheard(platform, release):
    """The nodes that were ready with that release before their database had said a word."""
    return {line["node"] for line in platform.logs() if line["message"] == "ready" and line["version"] == release
            and line.get("reason") == "PostgreSQL has not answered yet"}


def test_a_rollback_needs_neither_postgresql_nor_redis_and_its_story_follows_once(deployer, story):
    good = deployer.nodes()["app-1"]["known_good"]
    release = add(deployer, "good")
    assert begin(deployer, release).wait() == 0
    deployer.assert_settled(release)
    platform = deployer.platform
    stopped = [platform.pid("postgres"), platform.pid("redis")]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        with Readers(platform.url) as readers:
            done = deployer.run("rollback", "--yes")
            took = time.monotonic() - begun
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)

    assert done.returncode == 0, done.stdout
    assert readers.failures == []
    print(f"took {took:.1f} s")
    assert "did not end in its time" not in done.stdout
    assert unheard(platform, good) == {"app-1", "app-2", "app-3", "worker-1", "worker-2", "scheduler"}
    until(lambda: story.newest()["kind"] == "rollback" and story.newest()["state"] == "rolled_back", 60)
    story.assert_whole(good)
    begun_records = [one for one in records(done) if one.get("kind") == "begun"]
    assert story.sql("SELECT count(*) FROM deployment_records WHERE kind = 'begun' AND deployment_id = "
                     f"(SELECT id FROM deployments ORDER BY fence DESC LIMIT 1)") == "1" == str(len(begun_records))


def test_a_database_that_is_away_when_it_is_recorded_hears_of_it_later(deployer, story):
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until(lambda one: one["kind"] == "step_ended" and "leader" in one["data"]["evidence"])
    postgres = deployer.platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)
    try:
        code = controller.wait()
    finally:
        os.kill(postgres, signal.SIGCONT)

    assert code == 0, controller.told
    until(lambda: story.newest()["state"] == "succeeded", 60)
    story.assert_whole(release)


def test_a_balancer_that_dies_under_a_canary_comes_back_and_nothing_is_lost(deployer, story):
    release = add(deployer, "good")
    controller = begin(deployer, release, "14s")
    controller.until_step("judge")

    deployer.platform.kill("balancer")

    assert controller.wait() == 0, told_of(controller, story)
    story.assert_whole(release)


def test_the_whole_machine_dies_in_mid_roll_and_all_nodes_end_on_one_release(start_platform):
    deployer = Deployer(start_platform())
    story = Story(deployer)
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step("watch_batch")
    controller.kill()
    os.killpg(deployer.platform.process.pid, signal.SIGKILL)
    deployer.platform.process.wait()

    deployer.platform.start()

    until(lambda: deployer.history()[0]["state"] in ("succeeded", *ENDED), 180)
    story.assert_whole(release if deployer.history()[0]["state"] == "succeeded" else deployer.first)


def test_a_migration_that_fails_ends_before_any_node_is_touched(deployer, story):
    good = deployer.nodes()["app-1"]["known_good"]
    release = script(deployer, '[ "$1" = migrate ] && echo "no such column" && exit 3')

    controller = begin(deployer, release)
    code = controller.wait()

    assert code == ROLLED_BACK, controller.told
    assert "no such column" in story.newest()["outcome"]
    forward = []
    for one in controller.told:
        if isinstance(one, dict) and one["kind"] == "state" and one["data"]["state"] == "rolling_back":
            break
        if isinstance(one, dict) and one["kind"] == "step_begun":
            forward.append(one["data"]["kind"])
    assert forward == ["migrate"], controller.told
    story.assert_whole(good)


def test_a_smoke_suite_that_is_red_brings_everything_back(deployer, story):
    good = deployer.nodes()["app-1"]["known_good"]
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step("balance")
    workers = [deployer.platform.pid(name) for name in deployer.platform.names("worker")]  # known before there is haste
    controller.until_step("smoke")
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)  # nobody takes the job of the suite

    assert controller.wait() == ROLLED_BACK, controller.told

    assert "smoke suite is red" in story.newest()["outcome"], story.newest()
    story.assert_whole(good)


def test_a_node_that_is_lost_in_mid_roll_is_waited_for(deployer, story):
    before = release_of(deployer)
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step("watch_batch")  # of app-1; the canary was app-3, and app-2 comes last
    deployer.platform.kill("app-3", signal.SIGSTOP)
    try:
        begun = controller.until_step("replace")
        note = controller.until(lambda one: one["kind"] in ("note", "step_ended"))
        nodes = deployer.nodes()
    finally:
        deployer.platform.kill("app-3", signal.SIGCONT)

    assert begun["data"]["nodes"] == "app-2", told_of(controller, story)
    assert note["kind"] == "note" and note["data"]["text"].startswith("waits: only 1 other"), note
    assert nodes["app-2"]["takes_traffic"] and nodes["app-2"]["release"] == before, "nothing else is drained"
    assert controller.wait() == 0, told_of(controller, story)
    story.assert_whole(release)


def test_a_node_that_cannot_come_back_is_left_out_and_the_rest_comes_back(start_platform):
    deployer = Deployer(start_platform())
    release = add(deployer, "good")
    assert begin(deployer, release).wait() == 0
    deployer.assert_settled(release)
    platform = deployer.platform
    address = platform.node("app-2")["address"]
    with occupied(platform, "app-2", address):
        done = deployer.run("rollback", "--yes")

        nodes = deployer.nodes()
        assert done.returncode == 0, done.stdout
        assert "app-2" in records(done)[-1]["data"]["outcome"]
        assert not nodes["app-2"]["takes_traffic"]
        assert {nodes[name]["release"] for name in nodes} == {deployer.first}
        until(lambda: all(node["is_ready"] for name, node in deployer.nodes().items() if name != "app-2"), 30)

    again = until(lambda: deployer.run("rollback", "--to", deployer.first, "--yes", check=False), 60)
    assert again.returncode == 0, again.stdout
    deployer.assert_settled(deployer.first)


class occupied:
    """Somebody else has the node's port, from the moment its process is gone."""

    def __init__(self, platform, name, address):
        self.platform, self.name, self.address = platform, name, address

    def kill(self):
        with contextlib.suppress(ProcessLookupError):  # gone, and the next one's number not yet written down
            self.platform.kill(self.name)

    def __enter__(self):
        self.kill()

        def bound():
            taken = socket.socket()
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind((self.address, 8080))
                taken.listen()
                return taken
            except OSError:
                taken.close()
                self.kill()
                return None

        self.taken = until(bound, 20, pause=0)

    def __exit__(self, *_):
        self.taken.close()


def test_a_way_back_that_fails_ends_with_11_and_what_did_not_come_back_takes_no_traffic(start_platform):
    deployer = Deployer(start_platform())
    story, platform = Story(deployer), deployer.platform
    release = add(deployer, "good")
    controller = begin(deployer, release, "60s")
    controller.until_step("judge")
    good, aside = platform.data / "releases" / deployer.first, platform.data / "aside"
    good.rename(aside)  # somebody has tidied up
    platform.run("deploy", "abort", "--reason", "enough")

    assert controller.wait() == ROLLBACK_FAILED, told_of(controller, story)

    newest = story.newest()
    assert newest["state"] == "rollback_failed"
    for words in ("enough", "The way back failed", deployer.first, "Left out: app-3"):
        assert words in newest["outcome"], newest
    nodes = deployer.nodes()
    assert not nodes["app-3"]["takes_traffic"] and nodes["app-3"]["release"] == release
    with Readers(platform.url) as readers:
        until(lambda: readers.count > 100, 60)
    assert readers.failures == [] and set(readers.releases) == {deployer.first}
    frozen = deployer.deploy(release, check=False)
    assert frozen.returncode == 1 and "deploy.frozen" in frozen.stderr, frozen.stderr

    aside.rename(good)
    freeze = json.loads(platform.run("freeze", "list", "--json").stdout)[0]["id"]
    platform.run("freeze", "lift", freeze, "--reason", "it is there again")
    assert deployer.run("rollback", "--yes").returncode == 0
    story.assert_whole(deployer.first)


def test_an_engine_that_is_gone_for_long_in_mid_roll_leaves_all_serving_and_is_gone_on_with(start_platform):
    deployer = Deployer(start_platform())
    story, platform = Story(deployer), deployer.platform
    release = add(deployer, "good")
    controller = begin(deployer, release)
    controller.until_step("watch_batch")
    platform.process.send_signal(signal.SIGSTOP)
    try:
        with Readers(platform.url) as readers:
            status = platform.run("deploy", "status", check=False)
            code = controller.wait()
    finally:
        platform.process.send_signal(signal.SIGCONT)

    assert code == OUTCOME_UNKNOWN, told_of(controller, story)
    said = str(controller.told[-1])
    assert "acme deploy watch" in said and "The machines were silent" in said, said
    assert status.returncode == HELD and "`acme up` does not answer" in status.stderr, status.stderr
    assert readers.failures == []
    until(lambda: story.newest()["state"] in ("succeeded", *ENDED), 180)
    assert story.newest()["state"] == "succeeded", story.newest()
    story.assert_whole(release)


def limit(pid, size):
    """The process may make no file larger than `size` bytes."""
    subprocess.run(under_account(["prlimit", f"--pid={pid}", f"--fsize={size}:"]), check=True)


def test_a_full_disk_stops_nothing_that_serves(start_platform):
    deployer = Deployer(start_platform())
    release = add(deployer, "good")
    limit(deployer.platform.process.pid, 1)
    with Readers(deployer.platform.url) as readers:
        done = deployer.deploy(release, check=False)
    limit(deployer.platform.process.pid, 1 << 40)

    assert done.returncode in (ROLLED_BACK, 1, HELD), done.stdout
    assert readers.failures == []
    deployer.assert_settled(deployer.first)
    story = Story(deployer)
    until(story.is_over, 60)


def test_facts_on_the_nodes_tell_the_way_back(deployer):
    nodes = pathlib.Path(deployer.platform.data / "nodes")
    facts = [json.loads(path.read_text()) for path in nodes.glob("*.json")]
    assert {one["acme.release"] for one in facts} == {release_of(deployer)}
    assert len({one["acme.known_good"] for one in facts}) == 1
