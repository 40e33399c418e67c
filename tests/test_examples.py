"""The examples, each run as their README says, against the real platform."""

import base64
import contextlib
import hashlib
import hmac
import json
import math
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time
import uuid

import pytest
import requests
from conftest import Home, Platform, until
from people import until_tokens_are_signed

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
DOCUMENT = json.loads((ROOT / "web/openapi.json").read_text())
LANGUAGES = ["shell", "python", "node", "go"]
SERVERS = ["python", "node", "go"]
MEBIBYTE = 1024 * 1024
KEY = base64.b64encode(b"k" * 24).decode()

with_uploads = pytest.mark.skipif("/v1/uploads" not in DOCUMENT["paths"], reason="this platform takes no resumable uploads")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """How each is started: where something has to be built, it is."""
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run(["npm", "run", "--silent", "client"], cwd=ROOT / "web", check=True, timeout=120)
    node = folder / "node"
    shutil.copytree(EXAMPLES / "node", node, ignore=shutil.ignore_patterns("node_modules"))
    (node / "node_modules").mkdir()
    (node / "node_modules/acme-client").symlink_to(ROOT / "web/client")
    subprocess.run(["go", "build", "-o", str(folder / "go") + "/", "./..."], cwd=EXAMPLES / "go", check=True, timeout=300)
    return {
        "shell": lambda name: ["bash", str(EXAMPLES / f"shell/{name}.sh")],
        "python": lambda name: ["/usr/bin/python3", str(EXAMPLES / f"python/{name}.py")],
        "node": lambda name: ["node", str(node / f"{name}.mjs")],
        "go": lambda name: [str(folder / "go" / name.replace("receive_", ""))],
    }


@pytest.fixture(scope="module")
def machine(platform):
    """The environment of a service account's program, and who it is."""
    email = "examples@example.com"
    platform.run("accounts", "create", "--email", email, "--name", "Examples")
    made = json.loads(platform.run("service-account", "create", "--email", email, "--name", "examples", "--scopes",
                                   "files:read,files:write", "--json").stdout)
    said = json.loads(platform.run("service-account", "secret", made["id"], "--json").stdout)
    until_tokens_are_signed(platform, said)
    return {"ACME_URL": platform.url, "ACME_CLIENT_ID": said["client_id"], "ACME_CLIENT_SECRET": said["client_secret"]}


def run(words, environment, timeout=120):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(words, capture_output=True, text=True, timeout=timeout, env={**kept, **environment})


def call(machine, method, path, **options):
    form = {"grant_type": "client_credentials", "client_id": machine["ACME_CLIENT_ID"],
            "client_secret": machine["ACME_CLIENT_SECRET"]}
    token = requests.post(machine["ACME_URL"] + "/oauth/token", data=form, timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
    return requests.request(method, machine["ACME_URL"] + path, headers=headers, timeout=30, **options)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_machine_signs_in_and_lists_its_files(built, machine, language):
    name = f"{language}-{uuid.uuid4().hex}.txt"
    stored = call(machine, "POST", f"/v1/files?name={name}", data=b"text", headers={"Content-Type": "text/plain"})
    assert stored.status_code == 201, stored.text
    done = run(built[language]("files"), machine)
    assert done.returncode == 0 and name in done.stdout, done.stdout + done.stderr
    wrong = run(built[language]("files"), {**machine, "ACME_CLIENT_SECRET": machine["ACME_CLIENT_SECRET"][:-1] + "x"})
    assert wrong.returncode != 0
    assert machine["ACME_CLIENT_SECRET"][:30] not in wrong.stdout + wrong.stderr


class Wire:
    """Stands between a program and the platform, and is cut once after so many bytes have gone to it."""

    def __init__(self, address, bytes_max):
        self.address, self.left = address, bytes_max
        self.server = socket.create_server(("127.0.0.1", 0))
        self.was_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def close(self):
        self.server.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(self.address)
                threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source, target, is_counted):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_counted and not self.was_cut:
                    self.left -= len(data)
                    if self.left < 0:
                        self.was_cut = True
                        break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                if self.was_cut:  # as a machine that is gone: what comes to it is refused
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@with_uploads
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_upload_that_is_cut_off_goes_on_and_arrives_whole(built, machine, platform, tmp_path, language):
    file = tmp_path / f"{language}-{uuid.uuid4().hex}.bin"
    file.write_bytes(os.urandom(20 * MEBIBYTE + 7))
    port = int(platform.url.rsplit(":", 1)[1])
    wire = Wire(("127.0.0.1", port), 11 * MEBIBYTE)
    try:
        done = run([*built[language]("upload"), str(file)], {**machine, "ACME_URL": wire.url})
    finally:
        wire.close()
    assert done.returncode == 0, done.stdout + done.stderr
    assert wire.was_cut
    stored = next(one for one in call(machine, "GET", "/v1/files?limit=100").json()["data"] if one["name"] == file.name)
    assert stored["size"] == file.stat().st_size
    assert stored["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def signed(body, secret=KEY, moment=None, name=None):
    """Headers of a webhook, as Standard Webhooks has it."""
    name, moment = name or f"evt_{uuid.uuid4().hex}", str(moment or int(time.time()))
    mac = hmac.new(base64.b64decode(secret), f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    other = base64.b64encode(b"\0" * 32).decode()
    return {"webhook-id": name, "webhook-timestamp": moment,
            "webhook-signature": f"v1,{other} v1,{base64.b64encode(mac).decode()}"}


def forged(body):
    """Each with why nobody may believe it."""
    good = signed(body)
    yield {}, "no signature"
    yield {**good, "webhook-id": "evt_other"}, "another id"
    yield signed(body, base64.b64encode(b"x" * 24).decode()), "another key"
    yield signed(body, moment=int(time.time()) - 301), "too old"
    yield signed(body, moment=int(time.time()) + 360), "from the future"  # 301 is none any more if it takes a second
    yield {**good, "webhook-timestamp": "now"}, "no time"
    yield {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}, "another version"


@pytest.mark.parametrize("language", SERVERS)
def test_a_receiver_believes_what_the_platform_has_signed_and_nothing_else(built, tmp_path, language):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = open(tmp_path / "said", "w+")
    receiver = subprocess.Popen(built[language]("receive_webhook"), stdout=said, stderr=subprocess.STDOUT,
                                env={"PATH": os.environ["PATH"], "PORT": str(port), "WEBHOOK_SECRET": "whsec_" + KEY})
    url = f"http://127.0.0.1:{port}/"

    def answers():
        with contextlib.suppress(requests.ConnectionError):
            return requests.post(url, data=b"", timeout=30).status_code == 400

    try:
        until(answers, 60)
        body = json.dumps({"type": "file.created", "data": {"id": "fil_1"}}).encode()
        good = signed(body)
        assert [requests.post(url, data=body, headers=good, timeout=30).status_code for _ in range(2)] == [204, 204]
        for headers, why in forged(body):
            assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 400, why
        assert requests.post(url, data=body + b" ", headers=good, timeout=30).status_code == 400
        assert (tmp_path / "said").read_text() == body.decode() + "\n", "once, though it came twice"
    finally:
        receiver.kill()
        receiver.wait(10)
        said.close()


def test_the_shell_believes_what_the_platform_has_signed_and_nothing_else(built):
    body = b'{"type": "file.created"}'

    def verdict(headers):
        environment = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        done = subprocess.run(built["shell"]("verify_webhook"), input=body, capture_output=True, timeout=30, env={
            "PATH": os.environ["PATH"], "WEBHOOK_SECRET": "whsec_" + KEY, "WEBHOOK_ID": "", "WEBHOOK_TIMESTAMP": "",
            "WEBHOOK_SIGNATURE": "", **environment})
        return done.returncode

    assert verdict(signed(body)) == 0
    for headers, why in forged(body):
        assert verdict(headers) != 0, why


@pytest.fixture(scope="module")
def laborer(platform):
    """The environment of a service account that adds and runs jobs."""
    email = "laborer@example.com"
    platform.run("accounts", "create", "--email", email, "--name", "Laborer")
    made = json.loads(platform.run("service-account", "create", "--email", email, "--name", "laborer", "--scopes",
                                   "jobs:read,jobs:write", "--json").stdout)
    said = json.loads(platform.run("service-account", "secret", made["id"], "--json").stdout)
    until_tokens_are_signed(platform, said)
    return {"ACME_URL": platform.url, "ACME_CLIENT_ID": said["client_id"], "ACME_CLIENT_SECRET": said["client_secret"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_worker_runs_what_was_added_and_drains_on_the_signal_of_a_deploy(built, laborer, language):
    environment = {**laborer, "ACME_QUEUE": f"{language}-{uuid.uuid4().hex[:12]}"}

    def add(kind, payload="{}"):
        done = run([*built[language]("enqueue"), kind, payload], environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def seen(name):
        return call(laborer, "GET", f"/v1/jobs/{name}").json()

    first, wrong = add("sleep", '{"seconds": 1}'), add("nobody.does.it")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    worker = subprocess.Popen(built[language]("work"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**kept, **environment})
    try:
        until(lambda: seen(first)["state"] == "done", 60)
        until(lambda: seen(wrong)["state"] == "retrying", 60)
        # So long that it is seen while it runs, also where each look takes seconds.
        long, left = add("sleep", '{"seconds": 10}'), add("sleep", '{"seconds": 1}')
        until(lambda: seen(long)["state"] == "running", 60)
        worker.terminate()
        said, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0 and said.endswith("drained\n"), said
        assert (seen(long)["state"], seen(left)["state"], seen(left)["attempt"]) == ("done", "waiting", 0)
    finally:
        if worker.poll() is None:
            worker.kill()


FLAGS = EXAMPLES / "flags"
FLAG = "example-quarter"


@pytest.fixture(scope="module")
def flagged():
    """A platform with a flag that a quarter of an organization gets, and the environment of a program that asks for it."""
    platform = Platform(Home(), environment={"ENABLE_FEATURE_FLAGS": "true"})
    try:
        yield platform.start(), set_up(platform)
    finally:
        platform.stop()
        platform.home.remove()


def set_up(platform):
    platform.run("flags", "create", FLAG, "--description", "For the examples", "--type", "bool")
    targeting = {"enabled": True, "fallthrough": {"variant": "off"}, "rules": [
        {"id": "r_1", "if": [{"attribute": "org_id", "op": "in", "values": ["org_example"]}], "rollout": 25_000,
         "serve": {"variant": "on"}}]}
    platform.run("flags", "targeting", FLAG, "-", "--environment", "production", "--reason", "example",
                 input=json.dumps(targeting))
    platform.run("accounts", "create", "--email", "flags@example.com", "--name", "Flags")
    key = platform.run("keys", "create", "--email", "flags@example.com", "--name", "flags", "--scopes", "flags:read")
    environment = {"ACME_URL": platform.url, "ACME_API_KEY": key.stdout.split()[1], "ACME_ORG": "org_example"}
    until_served(platform, environment)
    return environment


def until_served(platform, environment):
    """By every node: a program asks one after the other."""
    headers = {"Authorization": f"Bearer {environment['ACME_API_KEY']}"}
    for node in platform.names("serve"):
        url = f"{platform.node_url(node)}/ofrep/v1/evaluate/flags/{FLAG}"
        until(lambda: requests.post(url, json={"context": {"targetingKey": "somebody"}}, headers=headers,
                                    timeout=30).json().get("reason") not in (None, "DISABLED"), 30)


def switch_on(platform, environment):
    platform.run("flags", "enable", FLAG, "--environment", "production")
    until_served(platform, environment)


@pytest.fixture(scope="module")
def watchers(tmp_path_factory):
    """How each is started, with the SDKs that its folder asks for."""
    folder = tmp_path_factory.mktemp("flags")
    subprocess.run(["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                    "--root-user-action=ignore", "--target", str(folder / "pip"), "-r", str(FLAGS / "python/requirements.txt")],
                   check=True, timeout=300)
    for name in ("node", "browser"):
        shutil.copytree(FLAGS / name, folder / name, ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--loglevel=error"], cwd=folder / name, check=True,
                       timeout=300)
    subprocess.run(["go", "build", "-o", str(folder / "go"), "."], cwd=FLAGS / "go", check=True, timeout=300)
    return {
        "python": ["env", f"PYTHONPATH={folder / 'pip'}", "/usr/bin/python3", str(FLAGS / "python/watch.py")],
        "node": ["node", str(folder / "node/watch.mjs")],
        "go": [str(folder / "go")],
        "browser": ["node", str(folder / "browser/serve.mjs")],
    }


def counts_in(line):
    return {name: int(number) for name, number in (word.split("=") for word in line.split()[1:])}


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_a_quarter_of_the_users_get_the_flag_and_nobody_when_it_was_killed(flagged, watchers, language):
    platform, environment = flagged
    done = run([*watchers[language], FLAG, "2"], environment)
    assert done.returncode == 0, done.stdout + done.stderr
    total = counts_in(done.stdout.splitlines()[-1])
    asked = sum(total.values())
    # How many were asked for in that time is the machine's: five deviations of a quarter of a thousand users at most.
    far = 5 * math.sqrt(0.25 * 0.75 / min(asked, 1000))
    assert set(total) == {"on", "off"} and abs(total["on"] / asked - 0.25) < far, total
    other = run([*watchers[language], FLAG, "1"], {**environment, "ACME_ORG": "org_other"})
    assert set(counts_in(other.stdout.splitlines()[-1])) == {"off"}
    wrong = run([*watchers[language], FLAG, "1"], {**environment, "ACME_API_KEY": "ack_nobody"})
    assert wrong.returncode != 0
    watcher = subprocess.Popen([*watchers[language], FLAG, "60"], stdout=subprocess.PIPE, text=True,
                               env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment})
    try:
        assert "on" in counts_in(watcher.stdout.readline())
        platform.run("flags", "kill", FLAG, "--environment", "production", "--reason", "trial")
        until(lambda: set(counts_in(watcher.stdout.readline())) == {"default"}, 30, pause=0)
    finally:
        watcher.kill()
        watcher.wait(10)
        switch_on(platform, environment)


def test_a_page_shows_a_change_without_being_reloaded(flagged, watchers):
    platform, environment = flagged
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(watchers["browser"], stdout=subprocess.PIPE, text=True,
                              env={"PATH": os.environ["PATH"], **environment, "PORT": str(port)})
    try:
        server.stdout.readline()
        story = subprocess.Popen(["node", str(ROOT / "tests/flag_page.mjs"), f"http://127.0.0.1:{port}/?flag={FLAG}"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ))
        try:
            user = story.stdout.readline().strip()
            assert user.startswith("on for user-"), user + story.stdout.read()
            platform.run("flags", "kill", FLAG, "--environment", "production", "--reason", "trial")
            assert story.stdout.readline().strip() == "off"
            assert story.wait(60) == 0
        finally:
            story.kill()
            story.wait(10)
    finally:
        server.kill()
        server.wait(10)
        switch_on(platform, environment)
