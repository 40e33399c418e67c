"""Nodes of releases that misbehave on purpose, started by hand beside a platform.

    from odd_nodes import start_release  # noqa: F401  (a fixture)
    def test_x(start_release): node = start_release("faulty", fail_every=5).wait_ready()
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import pytest
import requests

from conftest import ROOT, WORKER, under_account, until

sys.path.insert(0, str(ROOT / "tests/releases"))
from make import make  # noqa: E402

ADDRESS = f"127.0.77.{1 + WORKER}"  # one for each of those that run side by side
URL = f"http://{ADDRESS}:8080"
METRICS = f"http://{ADDRESS}:9090/metrics"


class Release:
    """One node of a release. `said` is what it printed."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            under_account([str(folder / "acme"), "serve"]),
            env={**environment, "PORT": "8080", "METRICS_PORT": "9090", "ACME_ADDRESS": ADDRESS,
                 "ACME_RELEASE": "r-1", "ACME_NODE": "odd"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()

    def status(self, path="/readyz"):
        try:
            return requests.get(URL + path, timeout=60).status_code
        except requests.ConnectionError:
            return None

    def wait_ready(self, path="/readyz"):
        until(lambda: self.status(path) == 200 or self.process.poll() is not None, 30)
        assert self.process.poll() is None, "".join(self.said)
        return self

    def metric(self, name):
        lines = requests.get(METRICS, timeout=10).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@pytest.fixture
def open_folder(platform):
    """An empty folder that who runs the product may read, unlike pytest's own."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=platform.home.path))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start_release(platform, open_folder):
    started = []

    def start(kind="faulty", **behaviour):
        folder = make(open_folder / "release", kind, real=platform.home.binary, **behaviour)
        started.append(Release(folder, platform.environment))
        return started[-1]

    yield start
    for release in started:
        release.process.terminate()
        try:
            release.process.wait(10)
        except subprocess.TimeoutExpired:
            release.process.kill()
            release.process.wait()
