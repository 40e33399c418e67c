"""`acme deploy …` as a person and a program see it: words, questions, exit codes (C-14)."""

import json
import os
import pty
import re
import signal
import subprocess
import threading

import engine
import pytest
import requests
from conftest import Home, Platform, under_account, until
from deployer import Controller, Deployer, records
from people import sign_in

VERBS = ("plan", "run", "status", "watch", "hold", "resume", "promote", "abort", "rollback", "history")
REFUSED, USAGE, TEMPORARY, CONFIGURATION = 1, 2, 75, 78


class Terminal:
    """A person at a terminal: what is shown, and what is typed."""

    def __init__(self, platform, *words):
        own, other = pty.openpty()
        self.screen, self.text = own, ""
        self.process = subprocess.Popen(
            under_account([str(platform.home.binary), "deploy", *words]), stdin=other, stdout=other,
            stderr=other, env=platform.environment, cwd=platform.home.path)
        os.close(other)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                piece = os.read(self.screen, 4096)
            except OSError:  # nobody writes there any more
                return
            self.text += piece.decode(errors="replace").replace("\r\n", "\n")

    def type(self, line):
        os.write(self.screen, line.encode() + b"\n")

    def until(self, words, seconds=60):
        until(lambda: words in self.text or self.process.poll() is not None, seconds)
        assert words in self.text, self.text

    def wait(self, seconds=120):
        code = self.process.wait(seconds)
        self.reader.join(5)
        return code


@pytest.fixture(scope="module")
def deployer():
    platform = Platform(Home())
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


@pytest.fixture(scope="module")
def release(deployer):
    """Runs everywhere, and is not good yet: so there is something to roll back from."""
    made = deployer.add("good")
    deployer.deploy(made)
    deployer.assert_settled(made)
    return made


def test_every_verb_explains_itself_and_shows_an_example(deployer):
    for verb in VERBS:
        done = deployer.platform.run("deploy", verb, "--help")
        assert f"Example: acme deploy {verb}" in done.stdout, done.stdout


def test_a_call_that_is_none_ends_with_2_and_one_without_configuration_with_78(deployer):
    platform = deployer.platform
    assert platform.run("deploy", "run", check=False).returncode == USAGE
    assert platform.run("deploy", "dance", check=False).returncode == USAGE
    bare = {name: value for name, value in platform.environment.items() if name != "DATABASE_URL"}
    done = subprocess.run(under_account([str(platform.home.binary), "deploy", "status"]), env=bare,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == CONFIGURATION and "DATABASE_URL" in done.stderr


def test_a_canary_shorter_than_ten_minutes_is_a_trial_and_says_why(deployer):
    made = deployer.add("trial")

    silent = deployer.platform.run("deploy", "run", made, "--canary-window", "12s", check=False)

    assert silent.returncode == REFUSED and "reason_missing" in silent.stderr
    for window in ("500ms", "25h", "153722867280913m"):
        odd = deployer.platform.run("deploy", "plan", made, "--canary-window", window, check=False)
        assert odd.returncode == REFUSED and "deploy.duration" in odd.stderr, odd.stderr
    assert all(one["release"] != made for one in deployer.history())


def test_a_person_is_asked_and_no_is_no(deployer, release):
    terminal = Terminal(deployer.platform, "rollback")
    terminal.until("Roll back now? [y/N]")
    assert "undo" not in terminal.text or deployer.first[:12] in terminal.text
    terminal.type("n")

    assert terminal.wait() == REFUSED
    assert "Nothing was changed." in terminal.text
    deployer.assert_settled(release)
    alone = deployer.platform.run("deploy", "rollback", check=False)
    assert alone.returncode == REFUSED and "--yes" in alone.stderr, "a program is asked nothing"


def test_a_dry_run_changes_nothing_and_its_digest_is_the_plan(deployer, release):
    before = len(deployer.history())
    plan = json.loads(deployer.run("rollback", "--dry-run").stdout)

    assert plan["is_return"] and [step["kind"] for step in plan["steps"]][-2:] == ["balance", "record"]
    assert plan["expected_ms"] > 0 and plan["digest"].startswith("sha256:")
    assert len(deployer.history()) == before
    deployer.assert_settled(release)
    other = deployer.run("rollback", "--plan", "sha256:" + "0" * 64, check=False)
    assert other.returncode == REFUSED and "plan_moved" in other.stderr


def test_status_and_history_need_no_database_and_the_rest_says_so(deployer, release):
    postgres = deployer.platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)
    try:
        status = deployer.platform.run("deploy", "status", timeout=120)
        history = deployer.platform.run("deploy", "history", timeout=120)
        hold = deployer.platform.run("deploy", "hold", check=False, timeout=120)
    finally:
        os.kill(postgres, signal.SIGCONT)

    assert "app-1" in status.stdout and "PostgreSQL does not answer" in status.stdout
    assert release[:12] in history.stdout and "PostgreSQL does not answer" in history.stdout
    assert hold.returncode == TEMPORARY and "no_database" in hold.stderr


def test_a_deployment_that_cannot_ask_postgresql_ends_with_that_and_not_with_a_crash(deployer, release):
    made = deployer.add("unasked")
    postgres = deployer.platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)
    try:
        done = deployer.platform.run("deploy", "run", made, "--canary-window", "12s", "--reason", "a test",
                                     check=False, timeout=120)
    finally:
        os.kill(postgres, signal.SIGCONT)

    held = json.loads(deployer.platform.run("deploy", "status", "--json").stdout)["held_by"]
    watched = deployer.history()[0]
    assert watched["release"] == release
    assert done.returncode == TEMPORARY and "no_database" in done.stderr, (done.returncode, done.stdout, done.stderr)
    assert held == "" or watched["id"] in held, "who watches has them again; the next one need not wait"
    deployer.assert_settled(release)


def test_what_a_person_sees_says_what_happens_and_how_long(deployer, release):
    terminal = Terminal(deployer.platform, "rollback")
    terminal.until("[y/N]")
    terminal.type("y")

    assert terminal.wait() == 0, terminal.text
    for words in ("replace", "drained in", "started at", "balance", "record", "==> rolled_back"):
        assert words in terminal.text, terminal.text
    assert re.search(r"^\d\d:\d\d:\d\d  ", terminal.text, re.M)
    deployer.assert_settled(deployer.first)


def evidence(done, kind="replace"):
    """What was told of the nodes of steps of that kind, one line each."""
    kinds, lines = {}, []
    for record in done:
        if record["kind"] == "step_begun":
            kinds[record["data"]["number"]] = record["data"]["kind"]
        if record["kind"] == "step_ended" and kinds.get(record["data"]["number"]) == kind:
            lines += record["data"]["evidence"].splitlines()
    return lines


def test_the_old_program_has_no_request_left_before_the_new_one_starts(deployer):
    made = deployer.add("good")
    done = records(deployer.deploy(made))
    lines = evidence(done) + evidence(done, "canary")

    nodes = [line for line in lines if line.startswith("app-")]
    assert len(nodes) == 3
    for line in nodes:
        drained, started = re.search(r"drained in .* at ([\d:.]+).*started at ([\d:.]+)", line).groups()
        assert drained <= started, line
    deployer.run("rollback", "--yes")
    deployer.assert_settled(deployer.first)


def delays(deployer, release):
    """node -> how long its program of that release went on for a balancer that may not have seen its end."""
    return {line["node"]: line["delay_ms"] for line in deployer.platform.logs()
            if line["message"] == "drains" and line["version"] == release}


def test_a_node_that_the_balancer_has_drained_ends_without_delay_and_any_other_gives_it_time(deployer):
    made = deployer.add("drained")
    deployer.deploy(made)
    drained = delays(deployer, deployer.first)

    deployer.platform.kill("app-1", signal.SIGTERM)
    until(lambda: delays(deployer, made), 60)

    assert drained == {"app-1": 0, "app-2": 0, "app-3": 0}
    assert delays(deployer, made) == {"app-1": 1300}
    deployer.assert_settled(made)
    deployer.run("rollback", "--yes")
    deployer.assert_settled(deployer.first)


def ask(url, answers):
    try:
        answers.append(requests.get(url + "/healthz", timeout=60).status_code)
    except requests.RequestException as broken:
        answers.append(type(broken).__name__)


def test_a_request_that_outlasts_the_drain_is_cut_counted_and_shown(deployer):
    made = deployer.add("good")
    deployer.deploy(made)
    answers = []
    deployer.platform.kill("app-1", signal.SIGSTOP)  # whatever it has now outlasts everything
    asking = [threading.Thread(target=ask, args=(deployer.platform.url, answers)) for _ in range(6)]
    for thread in asking:
        thread.start()

    done = records(deployer.run("rollback", "--yes"))

    cut = sum(one["data"].get("cut", 0) for one in done if one["kind"] == "step_ended")
    told = [line for line in evidence(done) if line.startswith("app-1")]
    assert cut >= 1 and "connections cut" in told[0] and "killed" in told[0], evidence(done)
    for thread in asking:
        thread.join()
    assert len([answer for answer in answers if answer != 200]) <= cut, answers
    deployer.assert_settled(deployer.first)


def test_streams_of_events_hold_no_roll_up_and_are_told_to_go(deployer):
    made = deployer.add("good")
    deployer.deploy(made)
    api = sign_in(deployer.platform)
    streams = [api.http.get(api.url + "/v1/events?topics=nodes,files", stream=True, timeout=60) for _ in range(3)]
    assert all(stream.status_code == 200 for stream in streams)
    texts = [[] for _ in streams]

    def read(stream, text):
        for line in stream.iter_lines():
            text.append(line.decode())

    readers = [threading.Thread(target=read, args=pair) for pair in zip(streams, texts)]
    for reader in readers:
        reader.start()

    done = records(deployer.run("rollback", "--yes"))

    for reader in readers:
        reader.join(60)
    assert all("event: drain" in text for text in texts), texts
    assert sum(one["data"].get("cut", 0) for one in done if one["kind"] == "step_ended") == 0
    assert any("event streams" in line for line in evidence(done)), evidence(done)
    deployer.assert_settled(deployer.first)


def of(controller, kind):
    """The data of all records of that kind that it told so far."""
    return [one["data"] for one in controller.told if isinstance(one, dict) and one["kind"] == kind]


def test_a_canary_is_held_beyond_its_window_and_resumed_at_the_terminal(deployer):
    platform, made = deployer.platform, deployer.add("held")
    controller = Controller(deployer, "run", made, "--canary-window", "30s", "--reason", "a test")
    deployment = controller.until_step("judge")["deployment"]  # from now on two commands have to fit into its window
    early = platform.run("deploy", "resume", check=False)
    assert early.returncode == REFUSED and "deploy.not_held" in early.stderr

    said = platform.run("deploy", "hold", "--reason", "one more look").stdout

    assert said == f"Asked {deployment} to hold. acme deploy watch shows what it does.\n"
    controller.until(lambda one: one["kind"] == "note" and "held by cli: one more look" in one["data"]["text"])
    again = platform.run("deploy", "hold", check=False)
    assert again.returncode == REFUSED and "deploy.is_held" in again.stderr
    controller.until(lambda one: one["kind"] == "sample" and one["data"]["held"] and one["data"]["remaining_ms"] == 0)
    assert json.loads(platform.run("deploy", "resume", "--json").stdout) == {"deployment": deployment, "wish": "resume"}
    assert controller.wait() == 0, controller.told
    assert any("resumed by cli" in note["text"] for note in of(controller, "note"))
    late = platform.run("deploy", "hold", check=False)
    assert late.returncode == REFUSED and "deploy.no_canary" in late.stderr
    deployer.run("rollback", "--yes")
    deployer.assert_settled(deployer.first)


def test_who_began_it_promotes_it_early_only_by_breaking_the_glass(deployer):
    platform, made = deployer.platform, deployer.add("urgent")
    controller = Controller(deployer, "run", made)  # for ten minutes
    deployment = controller.until_step("judge")["deployment"]
    alone = platform.run("deploy", "promote", "--reason", "it cannot wait", check=False)
    assert alone.returncode == REFUSED and "deploy.second_person" in alone.stderr and "--break-glass" in alone.stderr

    platform.run("deploy", "promote", "--break-glass", "it cannot wait")

    assert controller.wait() == 0, controller.told
    assert "promoted early by cli: it cannot wait" in [step["evidence"] for step in of(controller, "step_ended")]
    assert platform.sql("SELECT ref || ' ' || summary FROM changes WHERE kind = 'break_glass'") == (
        f"{deployment} promoted early by who began it: it cannot wait")
    late = platform.run("deploy", "promote", "--break-glass", "again", check=False)
    assert late.returncode == REFUSED and "deploy.canary_passed" in late.stderr
    deployer.run("rollback", "--yes")
    deployer.assert_settled(deployer.first)


def call_it_good(deployer, release):
    """As the end of its watch does, on the machines."""
    with engine.held(deployer.platform, claim=2) as fence:
        engine.ask(deployer.platform, call="mark_good", fence=fence, release=release)
        for name in deployer.nodes():
            facts = json.loads((deployer.platform.data / "nodes" / f"{name}.json").read_text())
            engine.ask(deployer.platform, call="label", fence=fence, facts=facts | {"acme.known_good": release})


def test_where_the_known_good_release_runs_everywhere_a_rollback_goes_to_the_good_one_before_it(deployer):
    platform, made = deployer.platform, deployer.add("night")
    deployer.deploy(made)
    call_it_good(deployer, made)
    postgres = platform.pid("postgres")
    os.kill(postgres, signal.SIGSTOP)
    try:
        by_files = json.loads(deployer.run("rollback", "--dry-run").stdout)
    finally:
        os.kill(postgres, signal.SIGCONT)
    by_table = until(lambda: json.loads(deployer.run("rollback", "--dry-run").stdout), 20)
    terminal = Terminal(platform, "rollback")
    terminal.until("[y/N]")

    terminal.type("y")

    assert terminal.wait() == 0, terminal.text
    assert (by_files["release"], by_table["release"]) == (deployer.first, deployer.first)
    assert by_files["digest"] == by_table["digest"] and by_files["steps"]
    assert f"this goes to {deployer.first[:12]}" in terminal.text, terminal.text
    deployer.assert_settled(deployer.first)
    for words in (("rollback", "--yes"), ("rollback", "--dry-run")):
        nowhere = deployer.run(*words, check=False)
        assert nowhere.returncode == REFUSED and "rollback.nowhere" in nowhere.stderr, nowhere.stderr
        assert made in nowhere.stderr, "which one may return to"
    deployer.assert_settled(deployer.first)
