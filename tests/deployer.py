"""What tests of deployments stand on: a platform with the releases that are brought to it, and readers
who tell which of their requests failed. How releases misbehave is in tests/releases."""

import json
import os
import shutil
import subprocess
import sys
import threading

import requests
from conftest import BINARY, ROOT, under_account, until

sys.path.insert(0, str(ROOT / "tests" / "releases"))
from make import make  # noqa: E402

WINDOW = "12s"
ROLLED_BACK, ROLLBACK_FAILED = 10, 11


class Deployer:
    """A platform, and the releases that are brought to it."""

    def __init__(self, platform):
        self.platform = platform
        self.first = self.nodes()["app-1"]["release"]

    def add(self, name, sha=None, **behaviour):
        folder = self.platform.home.path / "made" / name
        kind = behaviour.pop("kind", "faulty" if behaviour else "good")
        make(folder, kind=kind, real=BINARY, note=name, **behaviour)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "acme:acme", str(folder)], check=True)
        done = self.platform.run("release", "add", str(folder), "--json", *(["--sha", sha] if sha else []))
        shutil.rmtree(folder)
        return json.loads(done.stdout)["id"]

    def run(self, *words, check=True, timeout=180):
        done = self.platform.run("deploy", *words, "--json", check=False, timeout=timeout)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def deploy(self, release, *options, check=True):
        return self.run("run", release, "--canary-window", WINDOW, "--reason", "a test", *options, check=check)

    def begin(self, release, *options, window=WINDOW):
        """A controller of its own, which the caller ends."""
        words = ["deploy", "run", release, "--canary-window", window, "--reason", "a test", "--json", *options]
        return subprocess.Popen(
            under_account([str(self.platform.home.binary), *words]), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self.platform.environment, cwd=self.platform.home.path)

    def nodes(self):
        done = self.platform.run("deploy", "status", "--json")
        return {node["name"]: node for node in json.loads(done.stdout)["nodes"]}

    def history(self):
        return json.loads(self.platform.run("deploy", "history", "--json").stdout)

    def is_settled(self, release):
        nodes = self.nodes().values()
        weights = {node["weight"] for node in nodes if node["role"] == "serve"}
        return len(weights) == 1 and all(
            node["release"] == release and node["is_ready"] and node["track"] == "stable"
            and node["takes_traffic"] for node in nodes)

    def assert_settled(self, release):
        try:
            until(lambda: self.is_settled(release), 60)
        except AssertionError:
            raise AssertionError(f"not on {release}, ready and in rotation: {self.nodes()}\n{self.story()}") from None

    def story(self):
        """What was deployed last and its steps, for whoever looks for the cause."""
        newest = self.history()[0]
        steps = self.platform.sql("SELECT d.id, number, s.kind, nodes, result, evidence FROM deployment_steps s JOIN "
                                  "deployments d ON d.id = deployment_id ORDER BY d.begun_at DESC, number DESC LIMIT 20")
        return f"{newest}\n{steps}"


class Controller:
    """`acme deploy …` as a process of its own, followed as it speaks."""

    def __init__(self, deployer, *words):
        self.told = []
        platform = deployer.platform
        self.process = subprocess.Popen(
            under_account([str(platform.home.binary), "deploy", *words, "--json"]), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=platform.environment, cwd=platform.home.path)

    def until(self, is_it):
        """Follows to the first record that is it; fails when the controller ends before."""
        for line in self.process.stdout:
            if not line.startswith('{"deployment"'):
                self.told.append(line)
                continue
            record = json.loads(line)
            self.told.append(record)
            if is_it(record):
                return record
        raise AssertionError(f"ended with {self.process.wait()}:\n" + "\n".join(map(str, self.told)))

    def until_step(self, kind):
        return self.until(lambda one: one["kind"] == "step_begun" and one["data"]["kind"] == kind)

    def until_state(self, state):
        return self.until(lambda one: one["kind"] == "state" and one["data"]["state"] == state)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self, seconds=180):
        """Its exit code, with the rest of what it says in `told`."""
        rest, _ = self.process.communicate(timeout=seconds)
        for line in rest.splitlines():
            self.told.append(json.loads(line) if line.startswith("{") else line)
        return self.process.returncode


class Readers:
    """Small reads through the balancer until the end of the block; every failure is kept."""

    def __init__(self, url, threads=4):
        self.url, self.count, self.failures, self.releases = url, 0, [], {}
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _read(self):
        session = requests.Session()
        while not self._stopping.wait(0.02):
            try:
                answer = session.get(self.url + "/healthz", timeout=60)
                release = answer.headers.get("X-Acme-Release", "none")
                self.releases[release] = self.releases.get(release, 0) + 1
                self.count += 1
                if answer.status_code >= 500:
                    self.failures.append((answer.status_code, release))
            except requests.RequestException as broken:
                self.failures.append((repr(broken), "none"))


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
