"""A page of the dashboard that was loaded before a roll keeps working (BEY-23): two real releases whose
dashboards differ, and whoever asks for a part of either gets it, from whichever node."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading

import pytest
import requests
from conftest import ROOT
from deployer import Deployer

sys.path.insert(0, str(ROOT / "tests" / "releases"))
from make import make  # noqa: E402


def assets_of(url):
    """What the page and its scripts name, each with the digest of its content."""
    page = requests.get(url + "/", timeout=10).text
    names = set(re.findall(r"/assets/[\w.-]+", page))
    for script in [name for name in names if name.endswith(".js")]:
        names.update("/" + name for name in re.findall(r"assets/[\w.-]+\.(?:js|css)", requests.get(url + script, timeout=10).text))
    return {name: hashlib.sha256(requests.get(url + name, timeout=10).content).hexdigest() for name in sorted(names)}


def renamed(name):
    """Another name of the same length, as another content would have got."""
    stem, end = name.rsplit(".", 1)
    return stem[:-4] + ("Zzzz" if not stem.endswith("Zzzz") else "Yyyy") + "." + end


def add_release(deployer, name, old, new):
    """The release that runs, but what it brings as `old` it brings as `new`."""
    platform = deployer.platform
    folder = platform.home.path / "made" / name
    make(folder, kind="good", real=platform.home.binary, note=name)
    program = (folder / "acme").read_bytes()
    assert program.count(old.encode() + b"\0") == 1
    (folder / "acme").write_bytes(program.replace(old.encode() + b"\0", new.encode() + b"\0"))
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "acme:acme", str(folder)], check=True)
    done = platform.run("release", "add", str(folder), "--json")
    shutil.rmtree(folder)
    return json.loads(done.stdout)["id"]


class Pages:
    """Pages that were loaded of two releases and ask for all of their parts, over and over. Those of
    the newer one begin when a node has answered with it."""

    def __init__(self, url, old, new, newer):
        self.url, self.old, self.new, self.newer = url, old, new, newer
        self.count, self.of_newer, self.failures = 0, 0, []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()

    def _read(self):
        session, has_newer = requests.Session(), False
        # As a browser does: a connection that was closed between two requests is replaced.
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=1))
        while not self._stopping.is_set():
            wanted = {**self.old, **(self.new if has_newer else {})}
            for name, digest in wanted.items():
                try:
                    answer = session.get(self.url + name, timeout=30)
                except requests.RequestException as broken:
                    self.failures.append((name, repr(broken), None))
                    continue
                self.count += 1
                self.of_newer += name not in self.old
                has_newer = has_newer or answer.headers.get("X-Acme-Release") == self.newer
                if answer.status_code != 200 or hashlib.sha256(answer.content).hexdigest() != digest:
                    self.failures.append((name, answer.status_code, answer.headers.get("X-Acme-Release")))


@pytest.fixture
def deployer(start_platform):
    return Deployer(start_platform())


def test_no_part_of_a_page_is_missing_while_a_release_comes_and_goes(deployer):
    url = deployer.platform.url
    before = assets_of(url)
    old = next(name for name in before if "files_page" in name and name.endswith(".js"))
    new = renamed(old)
    release = add_release(deployer, "other", old, new)
    after = {name if name != old else new: digest for name, digest in before.items()}

    with Pages(url, before, after, release) as pages:
        deployer.deploy(release)
        deployer.assert_settled(release)
        deployer.run("rollback", "--to", deployer.first, "--force", "--yes")
        deployer.assert_settled(deployer.first)

    assert pages.failures == []
    assert pages.of_newer > 0 and pages.count > len(before)


def test_what_another_release_brought_is_served_as_ones_own_would_be(deployer):
    platform = deployer.platform
    old = next(name for name in assets_of(platform.url) if "files_page" in name and name.endswith(".js"))
    own = {coding: requests.get(platform.url + old, headers={"Accept-Encoding": coding}, timeout=10)
           for coding in ("br", "gzip", "identity")}
    release = add_release(deployer, "other", old, renamed(old))

    deployer.deploy(release)

    deployer.assert_settled(release)
    for coding, before in own.items():
        kept = requests.get(platform.url + old, headers={"Accept-Encoding": coding}, timeout=10)
        assert kept.headers["X-Acme-Release"] == release and before.headers["X-Acme-Release"] == deployer.first
        assert (kept.status_code, kept.content) == (200, before.content)
        for header in ("Content-Type", "ETag", "Cache-Control", "Content-Encoding", "Vary", "X-Content-Type-Options"):
            assert kept.headers.get(header) == before.headers.get(header), header
    head = requests.head(platform.url + old, headers={"Accept-Encoding": "br"}, timeout=10)
    assert (head.status_code, head.headers["Content-Encoding"], head.content) == (200, "br", b"")
    known = requests.get(platform.url + old, headers={"If-None-Match": head.headers["ETag"]}, timeout=10)
    assert known.status_code == 304 and "immutable" in known.headers["Cache-Control"]
    nothing = requests.get(platform.url + renamed(renamed(old)), timeout=10)
    assert nothing.status_code == 404 and "immutable" not in nothing.headers.get("Cache-Control", "")
