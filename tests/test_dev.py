"""./dev as root: what the account of the product writes does not become root, and a reset asks."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from conftest import ACCOUNT, ROOT

PRELUDE = """set -euo pipefail
say() { printf '%s\\n' "$*" >&2; }
die() { say "dev: $*"; exit 1; }
root=$1 marker=$2
. "$3/tools/dev/run.sh"
"""


@pytest.fixture
def place(monkeypatch):
    """A checkout that the account can reach, whose binary only notes how it is called, and its home."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="acme-", dir="/tmp"))
    folder.chmod(0o755)
    root = folder / "checkout"
    (root / "build/release").mkdir(parents=True)
    binary = root / "build/release/acme"
    binary.write_text('#!/bin/sh\necho "$@" >>"$ACME_HOME/called"\nexit 1\n')
    binary.chmod(0o755)
    for name in ("ACME_HOME", "DATABASE_URL", "LD_PRELOAD"):
        monkeypatch.delenv(name, raising=False)
    yield root
    shutil.rmtree(folder)


def bash(root, script):
    return subprocess.run(["bash", "-c", PRELUDE + script, "bash", str(root), str(root / "marker"), str(ROOT)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def test_only_variables_that_are_known_are_taken_from_the_file(place):
    (place / ".acme").mkdir()
    (place / ".acme/environment").write_text(
        "DATABASE_URL=postgres://x y'$(touch marker)\nLD_PRELOAD=/tmp/evil.so\n"
        "x[$(touch $marker)]=1\nPATH=/tmp/evil\nBASH_ENV=/tmp/evil\nIFS=x\nno line at all\n")
    done = bash(place, 'cd "$root"; home=$root/.acme; before=$PATH; load_environment; [ "$PATH" = "$before" ]; '
                       'env; test ! -e "$marker"')
    assert done.returncode == 0, done.stderr
    assert "DATABASE_URL=postgres://x y'$(touch marker)" in done.stdout.splitlines()
    assert "/tmp/evil" not in done.stdout
    assert not (place / "marker").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give away")
def test_the_account_cannot_replace_what_root_runs(place):
    done = bash(place, 'find_home; find_binary; for name in bin tools setup.log; do '
                       'under_account mv "$home/$name" "$home/away" && exit 3; done; '
                       'under_account touch "$home/bin/acme" && exit 4; under_account mkdir "$home/postgres"')
    assert done.returncode == 0, done.stderr
    assert (place / ".acme/tools").stat().st_uid == 0
    assert (place / ".acme/postgres").owner() == ACCOUNT
    # What the account made there before root came is not used.
    shutil.rmtree(place / ".acme/bin")
    (place / ".acme/bin").mkdir()
    shutil.chown(place / ".acme/bin", ACCOUNT)
    done = bash(place, "find_home")
    assert done.returncode == 1 and "bin is acme's" in done.stderr


def data_in(root):
    home = root / ".acme"
    for name in ("postgres", "objects", "postgres-1.half"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "notes.txt").write_text("mine")
    return home


def test_a_reset_without_a_terminal_needs_yes_and_removes_only_what_up_made(place):
    home = data_in(place)
    done = bash(place, "reset")
    assert done.returncode == 1 and "--yes" in done.stderr
    assert (home / "postgres").exists()
    done = bash(place, "reset --yes")
    assert done.returncode == 0, done.stderr
    left = {path.name for path in home.iterdir()}
    assert "notes.txt" in left and not left & {"postgres", "objects", "postgres-1.half"}


def test_a_reset_does_not_wipe_what_still_starts(place):
    home = data_in(place)
    with (home / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = bash(place, "reset --yes")
    assert done.returncode == 1 and "nothing was wiped" in done.stderr, done.stderr
    assert (home / "postgres").exists()
    assert pathlib.Path(home / "called").read_text() == "down\n"
