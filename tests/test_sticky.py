"""A canary that is sticky per user (PIPE-6), as the fleet file asks for it: on the real binary, PostgreSQL,
Redis and HAProxy. One platform for all tests: each leaves it on the release that it found."""

import json
import os
import secrets
import signal
import threading

import pytest
import requests
from conftest import Home, Platform, until
from deployer import ROLLED_BACK, Deployer
from people import sign_in
from story import Story, add, begin

CANARY = "app-2"  # and not the last one, as without a fleet file
FLEET = f"""
profile = "single"
[environment.local]
endpoint = "http://127.0.0.1:8080"
canary = {{ machine = "{CANARY}", sticky = true }}
""" + "".join(f"""
[machine.app-{number}]
roles = ["serve"]
engine = "unix:///run/acme/engine.sock"
address = "127.0.1.{number}"
""" for number in (1, 2, 3))


@pytest.fixture(scope="module")
def deployer():
    platform = Platform(Home())
    try:
        deployer = Deployer(platform.start())
        fleet = platform.data / "fleet.toml"
        fleet.write_text(FLEET)
        fleet.chmod(0o644)
        yield deployer
    finally:
        platform.stop()
        platform.home.remove()


class Users:
    """People who each read once, over a connection of all and with a session that nobody has seen before."""

    def __init__(self, platform, numbers=range(400)):
        self.url, self.numbers = platform.url, numbers
        self.failures = []

    def ask(self, number, session):
        """The release that answered him; "" for none."""
        cookie = f"acme_session=v1.usr_{number:05}.{secrets.token_hex(8)}"
        try:
            answer = session.get(self.url + "/healthz", headers={"Cookie": cookie}, timeout=60)
        except requests.RequestException as broken:
            self.failures.append(repr(broken))
            return ""
        if answer.status_code != 200:
            self.failures.append(f"{answer.status_code} of {answer.headers.get('X-Acme-Release')}")
        return answer.headers.get("X-Acme-Release", "")

    def sides(self):
        with requests.Session() as session:
            return {number: self.ask(number, session) for number in self.numbers}

    def of(self, release):
        """Those whom that release answers."""
        return Users(self, [number for number, found in self.sides().items() if found == release])


class Asking:
    """The users again and again, until the end of the block."""

    def __init__(self, users, threads=4):
        self.users = users
        self.count = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def _ask(self):
        with requests.Session() as session:
            while not self._over.is_set():
                for number in self.users.numbers:
                    self.users.ask(number, session)
                    self.count += 1
                    if self._over.wait(0.01):
                        return

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()


def servers(platform):
    said = json.loads(platform.run("balancer", "show", "--json").stdout)
    return {server["name"]: server for server in said["servers"]}


def begin_judged(deployer, release, window="600s"):
    """A deployment whose canary is judged until somebody ends that, and all users."""
    controller = begin(deployer, release, window)
    controller.until_step("judge")
    return controller, Users(deployer.platform)


def assert_nobody_is_led(deployer):
    platform = deployer.platform
    assert not any(server["is_sticky"] for server in servers(platform).values())
    checked = platform.run("balancer", "check", check=False)
    assert checked.returncode == 0, checked.stdout


def ended(controller, kind):
    """Until that step has ended."""
    number = controller.until_step(kind)["data"]["number"]
    return controller.until(lambda one: one["kind"] == "step_ended" and one["data"]["number"] == number)


def test_a_user_is_on_the_canary_always_or_never_and_an_abort_moves_him_at_once_without_a_failure(deployer):
    platform = deployer.platform
    release = add(deployer, "good")
    plan = json.loads(deployer.run("plan", release).stdout)
    assert plan["steps"][1]["nodes"] == [CANARY]
    assert "gives it 5 % of the users, always the same ones (sticky)" in plan["steps"][1]["about"]
    controller, users = begin_judged(deployer, release)

    first = users.sides()
    assert set(first.values()) == {deployer.first, release}
    assert 0.03 <= list(first.values()).count(release) / len(first) <= 0.07
    assert users.sides() == first
    node = deployer.nodes()[CANARY]
    assert (node["is_sticky"], node["weight"], node["takes_traffic"]) == (True, 0, True)
    person = sign_in(platform)
    answers = {person.get("/v1/me").headers["X-Acme-Release"] for _ in range(40)}
    assert len(answers) == 1, "somebody who is signed in is on one side"
    sample = controller.until(lambda one: one["kind"] == "sample")
    assert sample["data"]["weight_share"] == pytest.approx(0.05)
    platform.kill("balancer")
    until(lambda: platform.run("balancer", "show", check=False).returncode == 0, 60)
    until(lambda: all(server["is_proven"] for server in servers(platform).values()), 60)
    assert users.sides() == first, "as before it died"
    assert platform.run("balancer", "check", check=False).returncode == 0

    led = users.of(release)
    with Asking(led) as asking:
        platform.run("deploy", "abort", "--reason", "I do not like it")
        ended(controller, "shed")
        assert set(led.sides().values()) == {deployer.first}
        assert controller.wait() == ROLLED_BACK, controller.told

    assert led.failures == [] and asking.count > 100
    assert set(users.sides().values()) == {deployer.first}
    assert_nobody_is_led(deployer)
    Story(deployer).assert_whole(deployer.first)


def test_a_good_release_goes_through_and_then_nobody_is_led(deployer):
    release = add(deployer, "good")
    controller, users = begin_judged(deployer, release)
    with Asking(users) as asking:
        led = users.of(release)
        deployer.platform.run("deploy", "promote", "--break-glass", "all were asked")
        controller.until_step("replace")
        assert set(led.sides().values()) == {release}, "they stay with it while it is rolled out"
        assert controller.wait() == 0, controller.told

    assert users.failures == [] and asking.count > 100
    assert set(users.sides().values()) == {release}
    assert_nobody_is_led(deployer)
    deployer.assert_settled(release)
    deployer.run("rollback", "--yes")
    Story(deployer).assert_whole(deployer.first)


def test_whoever_follows_a_controller_that_was_killed_keeps_the_users_where_they_are(deployer):
    platform = deployer.platform
    release = add(deployer, "good")
    controller, users = begin_judged(deployer, release)
    first = users.sides()

    controller.kill()

    judged = ("SELECT count(*) FROM deployment_records r JOIN deployments d ON d.id = r.deployment_id WHERE d.release = "
              f"'{release}' AND r.kind = 'step_begun' AND r.data ->> 'kind' = 'judge' AND r.seq > (SELECT max(seq) FROM "
              "deployment_records WHERE kind = 'taken' AND deployment_id = d.id)")
    until(lambda: platform.sql(judged) != "0", 120)
    assert users.sides() == first
    assert release in first.values() and servers(platform)[CANARY]["is_sticky"]
    platform.run("deploy", "abort", "--reason", "enough")
    until(lambda: deployer.history()[0]["state"] == "rolled_back", 120)
    assert set(users.sides().values()) == {deployer.first}
    assert_nobody_is_led(deployer)
    Story(deployer).assert_whole(deployer.first)


def test_a_rollback_without_a_database_moves_the_users_too(deployer):
    platform = deployer.platform
    release = add(deployer, "good")
    controller, users = begin_judged(deployer, release)
    led = users.of(release)
    assert led.numbers
    postgres = platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)
    try:
        with Asking(led):
            deployer.run("rollback", "--yes")
        assert set(users.sides().values()) == {deployer.first}
        assert not any(server["is_sticky"] for server in servers(platform).values())
    finally:
        os.kill(postgres, signal.SIGCONT)

    assert led.failures == []
    controller.wait()
    Story(deployer).assert_whole(deployer.first)
    assert_nobody_is_led(deployer)


def test_a_fleet_file_that_is_wrong_begins_nothing(deployer):
    fleet = deployer.platform.data / "fleet.toml"
    release = add(deployer, "good")
    before = len(deployer.history())
    fleet.write_text(FLEET.replace("sticky", "stiky"))
    try:
        refused = deployer.run("run", release, "--canary-window", "12s", "--reason", "a test", check=False)
    finally:
        fleet.write_text(FLEET)

    assert refused.returncode not in (0, ROLLED_BACK)
    assert "fleet.invalid" in refused.stderr and "stiky is no key here" in refused.stderr
    assert len(deployer.history()) == before
