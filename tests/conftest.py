"""What black-box tests stand on: the real binary, started by `acme up` in a folder of its own, with
real PostgreSQL, Redis and HAProxy. Nothing here is a double of anything.

    def test_x(platform): ...            one platform for all tests that leave it as they found it
    def test_y(start_platform): ...      platforms of its own: start_platform("--replicas", "1")
"""

import contextlib
import functools
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest
import requests
from api import Contract

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("ACME_TEST_BINARY", ROOT / "build/release/acme"))
ACCOUNT = "acme"  # as root everything runs under an account of its own
START_SECONDS = 90
STOP_SECONDS = 120
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # of those that run tests side by side
PORT = int(os.environ.get("ACME_TEST_PORT", "18080")) + 100 * WORKER  # the balancer's, or the next free one
# The tests are one person at one address, who asks more often than any; test_limits.py sets its own.
AMPLE = {"RATE_LIMIT_PER_MIN": "1000000", "ACME_ANONYMOUS_LIMIT_PER_MIN": "1000000"}
READY = "Stop        "  # begins the last line of what `acme up` says when it is ready


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes minutes; runs with ./dev test --full")
    config.addinivalue_line("markers", "alone: loads the machine, or judges what it can carry: no other runs beside it")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make_account()  # once, before any worker is there


LONG = ("test_deploy_faults", "test_start_first", "test_deploy_killed", "test_deploy_commands", "test_browser",
        "test_deploy_followed", "test_judged", "test_deploy_api", "test_sticky")


def pytest_collection_modifyitems(items):
    """The files that take minutes begin first: none is left for the end, when the others have nothing to do."""
    items.sort(key=lambda item: LONG.index(item.module.__name__) if item.module.__name__ in LONG else len(LONG))


@pytest.fixture(scope="session", autouse=True)
def every_answer_is_as_documented():
    """Whoever asks with `requests`: the document is the binary's, which test_openapi.py sees to."""
    contract = Contract(json.loads((ROOT / "web/openapi.json").read_text()))
    send = requests.Session.send

    @functools.wraps(send)  # what misbehaves on purpose is asked by what lies under it
    def send_and_check(session, request, **options):
        answer = send(session, request, **options)
        is_refusal = answer.status_code >= 400
        is_balancers_own = is_refusal and '"code":"balancer.' in answer.text or answer.status_code >= 500 and not answer.content
        if request.path_url.startswith("/v1/") and not is_balancers_own:
            contract.check(request.method, request.path_url, answer, bool(options.get("stream")))
        return answer

    requests.Session.send = send_and_check
    yield
    requests.Session.send = send


def make_account():
    if os.geteuid() != 0:
        return
    with contextlib.suppress(KeyError):
        pwd.getpwnam(ACCOUNT)
        return
    subprocess.run(["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", "--home-dir",
                    "/var/lib/acme", ACCOUNT], check=True)


def until(is_true, seconds=30, pause=None):
    """Waits until `is_true()` and returns what it returned; an AssertionError after `seconds`. The longer it
    has waited the more seldom it asks: to ask is often to start a program, and other tests run beside it."""
    begun = time.monotonic()
    while True:
        value = is_true()
        if value:
            return value
        waited = time.monotonic() - begun
        assert waited < seconds, f"not within {seconds} s"
        time.sleep(min(0.3, max(0.05, waited / 10)) if pause is None else pause)


def under_account(words):
    """As who runs the product; and it ends when the tests are ended."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=TERM", "--"] + words
    return ["setpriv", "--pdeathsig=TERM", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs", "--"] + words


class Home:
    """A folder with the binary in it, owned by who runs it. Short: sockets lie in it."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="acme-", dir="/tmp"))
        self.binary = self.path / "acme"
        shutil.copy(BINARY, self.binary)
        if os.geteuid() == 0:
            shutil.chown(self.path, ACCOUNT, ACCOUNT)
            shutil.chown(self.binary, ACCOUNT, ACCOUNT)
        self.data = self.path / "home"

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Platform:
    """One `acme up`. `said` is every line it printed so far."""

    def __init__(self, home, *options, port=PORT, environment=None):
        self.home = home
        self.options = options
        self.port = port
        self.extra = environment or {}
        self.said = []
        self.process = None

    # Life

    def start(self, wait=True):
        self.said = []
        self.process = subprocess.Popen(
            self.before() + under_account([str(self.home.binary), "up", "--home", str(self.data), "--port",
                                           str(self.port), *self.options]),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.home.path,
            env=self.base_environment(), start_new_session=True)
        self._listener = threading.Thread(target=self._collect, args=(self.process, self.said), daemon=True)
        self._listener.start()
        if wait:
            self.wait_for_line(READY, START_SECONDS)
        return self

    def before(self):
        """Words before the command, for one that has something of its own."""
        return []

    def stop(self, number=signal.SIGTERM):
        """Returns the exit code. What runs at the end of a test is stopped for it."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError("acme up did not stop:\n" + "\n".join(self.said))

    def wait(self, seconds=STOP_SECONDS):
        """Until it has ended by itself, and all that it said is in `said`; its exit code."""
        code = self.process.wait(seconds)
        self._listener.join(timeout=10)
        return code

    @staticmethod
    def _collect(process, said):
        for line in process.stdout:
            said.append(line.rstrip("\n"))

    def wait_for_line(self, text, seconds=20):
        """The first line with `text` in it, of those said already or within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            has_ended = self.process.poll() is not None
            if has_ended:
                self._listener.join(timeout=5)
            for line in list(self.said):
                if text in line:
                    return line
            if has_ended:
                raise AssertionError(f"acme up ended ({self.process.returncode}):\n" + "\n".join(self.said))
            assert time.monotonic() < deadline, f"no {text!r} in:\n" + "\n".join(self.said)
            time.sleep(0.02)

    # Where things are

    @property
    def data(self):
        return self.home.data

    @property
    def state(self):
        return json.loads((self.data / "up.json").read_text())

    @property
    def url(self):
        return self.state["url"]

    @property
    def link(self):
        """The one-time sign-in link that was printed at the first start, or None."""
        for line in self.said:
            found = re.match(r"Sign in\s+(http\S+)", line)
            if found:
                return found.group(1)
        return None

    def node(self, name):
        """What is written down about a node, by the names of C-5 without their prefix."""
        facts = json.loads((self.data / "nodes" / f"{name}.json").read_text())
        return {key.removeprefix("acme."): value for key, value in facts.items()}

    def node_url(self, name, operations=False):
        return f"http://{self.node(name)['address']}:{9090 if operations else 8080}"

    def pid(self, name):
        """Of a node or a part: "app-1", "worker-1", "scheduler", "postgres", "redis", "balancer"."""
        file = self.data / "nodes" / f"{name}.pid"

        def written():
            with contextlib.suppress(FileNotFoundError):  # while it is replaced
                return file.read_text()  # which is empty while it is written

        return int(until(written))

    def names(self, role):
        found = [self.node(path.stem) for path in sorted((self.data / "nodes").glob("*.json"))]
        return [facts["node"] for facts in found if facts["role"] == role]

    # What one can do

    def base_environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "TZ", "SSL_CERT_FILE", "ASAN_OPTIONS")
                if name in os.environ}
        return {**kept, **AMPLE, "HOME": str(self.home.path), "LC_ALL": "C.UTF-8", **self.extra}

    @property
    def environment(self):
        """Of a command or a role that shall reach this platform."""
        lines = (self.data / "environment").read_text().splitlines()
        return {**self.base_environment(), **dict(line.split("=", 1) for line in lines)}

    def run(self, *words, check=True, timeout=60, input=None):
        """A command of the product against this platform; its CompletedProcess."""
        done = subprocess.run(under_account([str(self.home.binary), *words]), text=True, input=input,
                              capture_output=True, env=self.environment, cwd=self.home.path,
                              timeout=timeout)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def sql(self, statement, role="postgres"):
        """Runs it as the database's administrator; the answer as text, columns apart by '|'."""
        newest = max(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda path: int(path.name))
        done = subprocess.run(
            under_account([str(newest / "bin/psql"), "--no-psqlrc", "-h", self.state["run"], "-U",
                           role, "-d", "acme", "-Atc", statement]),
            text=True, capture_output=True, env=self.base_environment(), timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill(self, name, number=signal.SIGKILL):
        os.kill(self.pid(name), number)

    def is_ready(self, name):
        try:
            return requests.get(self.node_url(name) + "/readyz", timeout=1).status_code == 200
        except requests.RequestException:
            return False

    def logs(self, *options):
        """Lines of all nodes as objects."""
        lines = self.run("logs", "--home", str(self.data), "--json", "--since", "1d", *options).stdout
        return [json.loads(line) for line in lines.splitlines()]


@pytest.fixture
def start_platform():
    """Starts platforms that end with the test. A second call with home=first.home finds its data."""
    made = []

    def start(*options, home=None, wait=True, **settings):
        platform = Platform(home or Home(), *options, **settings)
        made.append(platform)
        return platform.start(wait)

    yield start
    for platform in made:
        platform.stop()
    for home in {id(platform.home): platform.home for platform in made}.values():
        home.remove()


@pytest.fixture(scope="session")
def platform():
    """Shared by all tests that leave it as they found it: all nodes up, nothing stopped."""
    shared = Platform(Home())
    try:
        yield shared.start()
    finally:
        code = shared.stop()
        shared.home.remove()
    assert code == 0, "\n".join(shared.said)
