"""What the judge says of releases that misbehave, each in its own way, and of silence: on the real binary,
PostgreSQL, Redis and HAProxy. One platform for all tests: each leaves it on the known-good release."""

import contextlib
import json
import signal

import pytest
import requests
from conftest import Home, Platform, until
from deployer import ROLLED_BACK, Deployer, records
from load import Load
from people import sign_in

READ = "/v1/openapi.json"  # counted by every node, and wanted by nobody who is signed in
PER_SECOND = 200


@pytest.fixture(scope="module")
def deployer():
    platform = Platform(Home())
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


@contextlib.contextmanager
def traffic(deployer):
    with Load(deployer.platform.url, READ, rate=PER_SECOND) as load:
        yield load


def wait_for(load, requests_more):
    wanted = load.count + requests_more
    until(lambda: load.count > wanted, 30)


def judged(deployer, release, window="12s"):
    """Deploys what shall not pass; the records of it, and why it was taken back."""
    done = deployer.run("run", release, "--canary-window", window, "--reason", "a test", check=False)
    assert done.returncode == ROLLED_BACK, done.stdout + done.stderr
    told = records(done)
    return told, outcome_of(told)


def outcome_of(told):
    states = [record["data"] for record in told if record["kind"] == "state"]
    assert states[-1]["state"] == "rolled_back", states
    return states[-1]["outcome"]


def samples_of(told):
    return [record["data"] for record in told if record["kind"] == "sample"]


def notes_of(told):
    return [record["data"]["text"] for record in told if record["kind"] == "note"]


class Running:
    """A deployment that runs beside the test. In the end it is aborted, and the platform is as before."""

    def __init__(self, deployer, release, window, *options):
        self.deployer = deployer
        self.process = deployer.begin(release, *options, window=window)
        self.told = []

    def __enter__(self):
        return self

    def until_told(self, is_it):
        """The first record that `is_it`, of those told already or still to come."""
        for record in self.told:
            if is_it(record):
                return record
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line))
                if is_it(self.told[-1]):
                    return self.told[-1]
        raise AssertionError(f"it ended without it: {self.told}")

    def until_step(self, kind):
        return self.until_told(lambda record: record["kind"] == "step_begun" and record["data"]["kind"] == kind)

    def until_sample(self, after=None):
        seen = after["seq"] if after else 0
        return self.until_told(lambda record: record["kind"] == "sample" and record["seq"] > seen)

    def until_note(self, text):
        return self.until_told(lambda record: record["kind"] == "note" and text in record["data"]["text"])

    def until_passed(self):
        return self.until_told(lambda record: record["kind"] == "passed")

    def abort(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line))
        return self.process.wait(60)

    def __exit__(self, *_):
        self.abort()


MISDEEDS = {
    "one of ten fails": (dict(fail_every=10), "error_ratio: "),
    "everything fails": (dict(fail_every=1), "error_ratio: "),
    "every answer is slow": (dict(delay_ms=800), "p99: "),
    "a core burns": (dict(burn_cpu=1), "cpu: "),
    "it crashes late": (dict(crash_after_s=11), "restart: its process ended by signal 9"),
    "it refuses to start": (dict(refuse_start=True), "is not ready"),
    "it lies about its release": (dict(lie_release="f" * 40), "says that it is " + "f" * 40),
    "404 to everything": (dict(not_found_all=True), "was answered 404"),
}


# Slow is judged against the stable nodes: where these stand still for others' tests, it is not slower than they.
WANTS_THE_MACHINE = {"every answer is slow"}


@pytest.mark.parametrize("how", [
    pytest.param(how, marks=pytest.mark.alone) if how in WANTS_THE_MACHINE else how for how in MISDEEDS])
def test_a_release_is_taken_back_for_what_it_does(deployer, how):
    behaviour, reason = MISDEEDS[how]
    release = deployer.add(how.replace(" ", "-"), **behaviour)
    with traffic(deployer) as load:
        told, outcome = judged(deployer, release)

    assert reason in outcome
    assert {status for status in load.statuses if status >= 500} <= ({500} if "fail_every" in behaviour else set())
    newest = deployer.history()[0]
    assert (newest["state"], newest["release"], newest["outcome"]) == ("rolled_back", release, outcome)
    deployer.assert_settled(deployer.first)


def test_a_leak_that_would_reach_the_limit_within_a_day_does_not_pass(deployer):
    release = deployer.add("leak", leak_mb_per_s=2)
    told, outcome = judged(deployer, release, window="65s")

    assert outcome.startswith("memory_slope: ")
    deployer.assert_settled(deployer.first)


def test_a_release_that_ignores_sigterm_is_killed_when_it_has_to_go_and_that_is_told(deployer):
    release = deployer.add("deaf", ignore_sigterm=True)
    with Running(deployer, release, "60s") as running:
        running.until_step("judge")
        code = running.abort()

    assert code == ROLLED_BACK and outcome_of(running.told).startswith("Aborted by ")
    evidence = [record["data"]["evidence"] for record in running.told if record["kind"] == "step_ended"]
    assert any("killed: it did not end in its time" in text for text in evidence), evidence
    deployer.assert_settled(deployer.first)


@pytest.mark.full
def test_a_release_that_never_becomes_ready_is_taken_back_with_what_it_said(deployer):
    release = deployer.add("never", never_ready=True)
    told, outcome = judged(deployer, release)

    assert "app-3 is not ready after 120" in outcome
    deployer.assert_settled(deployer.first)


def test_without_traffic_the_prober_alone_stops_a_bad_release(deployer):
    told, outcome = judged(deployer, deployer.add("silent-bad", fail_every=2), window="20s")

    assert outcome.startswith("probe: ") and "was answered 500" in outcome
    assert samples_of(told)[-1]["canary"]["requests"] < 10  # the balancer's own checks are none
    deployer.assert_settled(deployer.first)


def test_without_traffic_a_good_release_passes_also_while_the_balancer_restarts_and_reloads(deployer):
    with Running(deployer, deployer.add("silent-good"), "20s") as running:
        first = running.until_sample()
        deployer.platform.kill("balancer")
        running.until_sample(after=first)
        until(lambda: deployer.platform.run("balancer", "reload", check=False).returncode == 0, 20)
        running.until_passed()
        last = samples_of(running.told)[-1]

    assert last["weight_share"] == pytest.approx(0.05)
    assert last["canary"]["probe"]["requests"] > 0 and last["canary"]["probe"]["errors"] == 0
    assert last["outlook"].startswith("fewer than 50 requests")
    deployer.assert_settled(deployer.first)


def test_one_request_is_too_few_and_a_node_that_is_lost_meanwhile_changes_no_share(deployer):
    platform = deployer.platform
    with Running(deployer, deployer.add("quiet"), "60s") as running:
        running.until_sample()
        assert requests.get(platform.url + READ, timeout=10).status_code == 200
        platform.kill("app-1", signal.SIGSTOP)
        try:
            running.until_note("in rotation beside app-3 now: app-2;")
        finally:
            platform.kill("app-1", signal.SIGCONT)
        last = running.until_sample(after=running.until_note("in rotation beside app-3 now: app-1 app-2;"))

    assert last["data"]["weight_share"] == pytest.approx(0.05)
    assert last["data"]["outlook"].startswith("fewer than 50 requests")
    deployer.assert_settled(deployer.first)


def begin_to_fail(deployer, release):
    """Every node that runs it, from now on."""
    (deployer.platform.data / "releases" / release / "fail").touch()


def test_a_release_that_fails_later_than_its_canary_is_taken_back_by_its_first_batch(deployer):
    release = deployer.add("late", fail_on_sign=True)
    with traffic(deployer), Running(deployer, release, "12s") as running:
        running.until_passed()
        begin_to_fail(deployer, release)
        assert running.process.wait(120) == ROLLED_BACK
        running.abort()  # reads the rest

    steps = {record["data"]["number"]: record["data"] for record in running.told if record["kind"] == "step_begun"}
    failed = [steps[record["data"]["number"]] for record in running.told
              if record["kind"] == "step_ended" and record["data"]["result"] == "failed"]
    assert [(step["kind"], step["nodes"]) for step in failed] == [("watch_batch", "app-1")]
    assert outcome_of(running.told).startswith("error_ratio: ")
    deployer.assert_settled(deployer.first)


@pytest.mark.parametrize("who", ["the terminal that waits", "the scheduler"])
def test_a_site_that_fails_in_the_watch_brings_back_what_was_good(deployer, who):
    release = deployer.add("late-for-" + who.replace(" ", "-"), fail_on_sign=True)
    with traffic(deployer):
        if who == "the scheduler":
            deployer.deploy(release)
            begin_to_fail(deployer, release)
            until(lambda: deployer.history()[0]["state"] == "rolled_back", 180)
        else:
            with Running(deployer, release, "12s", "--wait") as running:
                running.until_step("watch")
                begin_to_fail(deployer, release)
                assert running.process.wait(180) == ROLLED_BACK

    assert deployer.history()[0]["outcome"].startswith("site: ")
    deployer.assert_settled(deployer.first)


def spoil(deployer, release, node):
    """From its next start on that node fails every second request; what makes the others start well again.

    A node reads how it shall behave when it starts, so that one of them can be made to fail."""
    behaviour = deployer.platform.data / "releases" / release / "behaviour.json"
    good = behaviour.read_text()
    behaviour.write_text(json.dumps({"fail_every": 2}))
    before = deployer.platform.pid(node)
    deployer.platform.kill(node)
    until(lambda: deployer.platform.pid(node) != before and deployer.platform.is_ready(node), 60)
    return lambda: behaviour.write_text(good)


def test_one_node_that_fails_alone_after_the_roll_is_replaced_and_the_release_stays(deployer):
    release = deployer.add("one-bad-node", fail_every=0)
    with traffic(deployer), Running(deployer, release, "12s", "--wait") as running:
        running.until_step("watch")
        heal = spoil(deployer, release, "app-2")
        heal()
        running.until_note("app-2 alone fails more than 5 %")
        running.until_note("app-2: drained in")
        deployer.assert_settled(release)

    assert deployer.history()[0]["state"] == "rolled_back"  # by the abort in the end, by nothing else
    assert outcome_of(running.told).startswith("Aborted by ")
    deployer.assert_settled(deployer.first)


@pytest.mark.full  # as the one before, and a minute more
def test_a_node_that_fails_again_after_it_was_replaced_stays_out_until_the_next_deployment(deployer):
    release = deployer.add("one-broken-node", fail_every=0)
    with traffic(deployer) as load, Running(deployer, release, "12s", "--wait") as running:
        running.until_step("watch")
        heal = spoil(deployer, release, "app-2")
        running.until_note("app-2: drained in")
        running.until_note("app-2 alone fails more than 5 % of its requests, again: it stays out of the balancer")
        heal()
        nodes = deployer.nodes()
        wait_for(load, PER_SECOND)  # what it still had is answered
        failed = load.statuses[500]
        wait_for(load, 5 * PER_SECOND)
        assert load.statuses[500] == failed, "nobody reaches it any more"
        assert not nodes["app-2"]["takes_traffic"]
        assert {nodes[name]["release"] for name in nodes} == {release}

    assert outcome_of(running.told).startswith("Aborted by ")
    deployer.assert_settled(deployer.first)


@pytest.mark.full  # three minutes of looking after the return
def test_an_outage_that_hits_both_releases_is_one_return_and_then_not_the_deploy(deployer):
    """The object store goes away under both: the canary is taken back for it, and what was good fails as much."""
    platform = deployer.platform
    api = sign_in(platform)
    file = api.post("/v1/files", params={"name": "kept.bin"}, data=b"k" * 1000,
                    headers={"Content-Type": "application/octet-stream"}).json()["id"]
    cookie = "; ".join(f"{name}={value}" for name, value in api.http.cookies.items())
    before = len(deployer.history())
    store = platform.data / "objects"  # a node that starts mends its own folder in it
    with Load(platform.url, f"/v1/files/{file}/content", rate=100, headers=f"Cookie: {cookie}\r\n"):
        with Running(deployer, deployer.add("good"), "300s") as running:
            running.until_sample()
            mode = store.stat().st_mode
            store.chmod(0)
            try:
                assert running.process.wait(120) == ROLLED_BACK
                running.abort()  # reads the rest
                assert outcome_of(running.told).startswith("error_ratio: ")
                until(lambda: "It was not the deploy" in notes_of_newest(deployer), 240, 1)
            finally:
                store.chmod(mode)
    assert len(deployer.history()) == before + 1, "nothing is taken back again"
    deployer.assert_settled(deployer.first)


def notes_of_newest(deployer):
    return deployer.platform.sql(
        "SELECT coalesce(string_agg(data ->> 'text', ' '), '') FROM deployment_records WHERE kind = 'note' AND "
        "deployment_id = (SELECT id FROM deployments ORDER BY fence DESC LIMIT 1)")
