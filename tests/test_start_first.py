"""--strategy start-first: each node's new program runs beside its old one until it takes the traffic. On the
real binary, PostgreSQL, Redis and HAProxy; one platform for all tests that leave it whole."""

import json
import re
import subprocess
import threading

import haproxy
import pytest
from conftest import Home, Platform, under_account, until
from deployer import ROLLED_BACK, Controller, Deployer, Readers, records
from story import Story

START_FIRST = ("--strategy", "start-first")
NODES = ("app-1", "app-2", "app-3")


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
    until(Story(shared).is_over, 120)
    return shared


def add(deployer, name, count=iter(range(1_000_000)), **behaviour):
    return deployer.add(f"{name}-{next(count)}", **behaviour)


def servers(platform):
    """What HAProxy has in its backend: name -> address."""
    said = haproxy.ask(platform, "show servers state app")
    lines = [line.split() for line in said.splitlines() if line[:1].isdigit() and len(line.split()) > 5]
    return {words[3]: words[4] for words in lines}


def addresses(platform):
    return {name: platform.node(name)["address"] for name in NODES}


def beside(platform):
    return sorted(path.name for path in (platform.data / "nodes").glob("*.beside"))


def evidence(told):
    kinds, lines = {}, []
    for record in told:
        if record.get("kind") == "step_begun":
            kinds[record["data"]["number"]] = record["data"]["kind"]
        if record.get("kind") == "step_ended" and kinds.get(record["data"]["number"]) in ("canary", "replace"):
            lines += record["data"]["evidence"].splitlines()
    return [line for line in lines if line.startswith("app-")]


def assert_whole(deployer, release):
    """One program a node, one server for each, and the files of the balancer say what runs."""
    platform = deployer.platform
    Story(deployer).assert_whole(release)
    assert beside(platform) == []
    assert sorted(servers(platform).values()) == sorted(addresses(platform).values())
    drift = platform.run("drift", "show", check=False)
    assert drift.returncode == 0, drift.stdout


class Load:
    """`acme load` until the end of the block."""

    def __init__(self, platform, seconds):
        self.process = subprocess.Popen(
            under_account([str(platform.home.binary), "load", "--json", "--rps", "40", "--for", f"{seconds}s"]), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=platform.environment, cwd=platform.home.path)

    def report(self):
        said, _ = self.process.communicate(timeout=150)
        return json.loads(said.splitlines()[0])


def test_each_node_moves_to_its_other_address_and_back_and_no_request_is_lost(deployer):
    platform = deployer.platform
    first = deployer.nodes()["app-1"]["release"]
    before = addresses(platform)
    release = add(deployer, "good")
    load = Load(platform, 75)

    done = records(deployer.deploy(release, *START_FIRST))

    lines = evidence(done)
    assert len(lines) == 3
    for line in lines:
        assert re.search(r"started beside at .* ready in .* in rotation in .*; then drained in .* stopped in", line), line
        assert "killed" not in line
    after = addresses(platform)
    assert all(after[name] != before[name] for name in NODES)
    assert_whole(deployer, release)
    back = records(deployer.run("rollback", "--yes", *START_FIRST))
    assert len(evidence(back)) == 3
    assert addresses(platform) == before
    assert_whole(deployer, first)
    report = load.report()
    assert report["failed"] == 0 and report["requests"] > 100, report  # how many a machine can send is its own matter


def test_what_drains_first_leaves_a_node_at_the_address_where_it_is(deployer):
    platform = deployer.platform
    first = deployer.nodes()["app-1"]["release"]
    release = add(deployer, "good")
    deployer.deploy(release, *START_FIRST)
    moved = addresses(platform)

    deployer.run("rollback", "--yes")

    assert addresses(platform) == moved
    assert_whole(deployer, first)


def test_a_release_that_does_not_start_leaves_every_node_as_it_was(deployer):
    platform = deployer.platform
    first = deployer.nodes()["app-1"]["release"]
    before = addresses(platform)
    pids = {name: platform.pid(name) for name in NODES}
    bad = add(deployer, "bad", refuse_start=True)

    with Readers(platform.url) as readers:
        done = deployer.deploy(bad, *START_FIRST, check=False)

    assert done.returncode == ROLLED_BACK
    assert "refuses to start, on purpose" in done.stdout
    assert readers.failures == []
    assert (addresses(platform), {name: platform.pid(name) for name in NODES}) == (before, pids)
    assert_whole(deployer, first)


def test_a_canary_that_is_bad_goes_and_what_it_replaced_comes_beside_it(deployer):
    first = deployer.nodes()["app-1"]["release"]
    bad = add(deployer, "bad", not_found_all=True)

    done = deployer.deploy(bad, *START_FIRST, check=False)

    assert done.returncode == ROLLED_BACK, done.stdout
    assert [line.split(":")[0] for line in evidence(records(done))] == ["app-3", "app-3"]
    assert_whole(deployer, first)


def has_begun_beside(platform, before):
    return beside(platform)


def takes_traffic_beside(platform, before):
    return len(servers(platform)) > len(NODES)


def has_one_node_moved(platform, before):
    return addresses(platform) != before


@pytest.mark.parametrize("moment", [has_begun_beside, takes_traffic_beside, has_one_node_moved])
@pytest.mark.parametrize("words", [("run",), ("rollback", "--yes")], ids=["forward", "back"])
def test_a_controller_that_is_killed_is_gone_on_with_from_what_is(deployer, words, moment):
    platform = deployer.platform
    first = deployer.nodes()["app-1"]["release"]
    release = add(deployer, "good")
    wanted = release
    if words[0] == "rollback":
        deployer.deploy(release, *START_FIRST)
        wanted = first
        controller_words = [*words, *START_FIRST]
    else:
        controller_words = [*words, release, "--canary-window", "12s", "--reason", "a test", *START_FIRST]
    before = addresses(platform)
    with Readers(platform.url) as readers:
        controller = Controller(deployer, *controller_words)
        follower = threading.Thread(target=lambda: controller.process.stdout.read(), daemon=True)
        follower.start()
        until(lambda: moment(platform, before), 60, pause=0.005)

        controller.process.kill()

        for name, node in deployer.nodes().items():
            assert node["release"] in (first, release), name
            assert node["beside"] in ("", first, release), name
        until(lambda: deployer.history()[0]["state"] in ("succeeded", "good", "rolled_back", "rollback_failed"), 180)
    assert deployer.history()[0]["state"] == ("rolled_back" if words[0] == "rollback" else "succeeded")
    assert readers.failures == []
    assert_whole(deployer, wanted)
    if words[0] == "run":
        deployer.run("rollback", "--yes")
        assert_whole(deployer, first)
