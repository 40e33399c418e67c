"""`acme files`: over HTTP with a key, from a machine that has nothing else of the platform."""

import hashlib
import json
import os
import subprocess

import pytest
import requests
from conftest import until, under_account
from people import sign_in
from test_files import upload

MIB = 1024 * 1024


class Machine:
    """A folder, a key, and the binary, without any setting."""

    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        folder.chmod(0o777)
        made = platform.run("keys", "create", "--email", "machine@example.com", "--name", "cli",
                            "--scopes", "files:read,files:write").stdout.split()
        self.key = made[1]
        (folder / "key").write_text(self.key + "\n")
        (folder / "key").chmod(0o644)

    def files(self, *words, check=True):
        done = subprocess.run(
            under_account([str(self.platform.home.binary), "files", *words, "--url", self.platform.url,
                           "--key-file", "key"]),
            text=True, capture_output=True, cwd=self.folder, timeout=60,
            env={name: value for name, value in self.platform.base_environment().items()
                 if name in ("PATH", "HOME", "ASAN_OPTIONS", "LC_ALL")})
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def api(platform):
    return sign_in(platform, "machine@example.com")


@pytest.fixture
def machine(platform, api, tmp_path):
    return Machine(platform, tmp_path)


def test_a_download_goes_on_where_an_earlier_one_ended(platform, api, machine):
    content = os.urandom(3 * MIB + 5)
    file = upload(api, "report.bin", content).json()
    part = machine.folder / "report.bin.part"
    part.write_bytes(content[:MIB])
    part.chmod(0o666)
    said = json.loads(machine.files("down", file["id"], "--json").stdout)
    assert said["path"] == "report.bin" and said["sha256"] == hashlib.sha256(content).hexdigest()
    assert (machine.folder / "report.bin").read_bytes() == content
    assert not part.exists()
    until(lambda: [line for line in platform.logs() if line.get("route") == "/v1/files/{id}/content"
                   and line.get("status") == 206], seconds=30)


def test_what_was_there_of_something_else_is_told_and_removed(api, machine):
    file = upload(api, "a.bin", os.urandom(2000)).json()
    part = machine.folder / "a.bin.part"
    part.write_bytes(b"x" * 1000)
    part.chmod(0o666)
    done = machine.files("down", file["id"], check=False)
    assert done.returncode == 1 and "removed" in done.stderr + done.stdout
    assert not part.exists() and not (machine.folder / "a.bin").exists()
    machine.files("down", file["id"])
    again = machine.files("down", file["id"], check=False)
    assert again.returncode == 1 and "exists" in again.stderr + again.stdout
    machine.files("down", file["id"], "--out", "b.bin")
    assert (machine.folder / "b.bin").stat().st_size == 2000


def test_a_link_is_made_and_a_file_removed(api, machine):
    file = upload(api, "shared.txt", b"shared").json()
    url = machine.files("link", file["id"], "--ttl", "60").stdout.strip()
    assert requests.get(url, timeout=30).content == b"shared"
    assert json.loads(machine.files("rm", file["id"], "--json").stdout) == {"id": file["id"], "state": "deleted"}
    assert requests.get(url, timeout=30).status_code == 404


@pytest.mark.parametrize("words, code, says", [
    (("down", "fil_01jd7m3kt5f9a8q2w4e6r8t0y1"), 1, "no such file"),
    (("down", "../etc/passwd"), 1, "fil_"),
    (("link", "fil_01jd7m3kt5f9a8q2w4e6r8t0y1", "--ttl", "soon"), 1, "604800"),
    (("down",), 2, "ID"),
])
def test_what_cannot_be_is_refused_with_its_reason(machine, words, code, says):
    done = machine.files(*words, check=False)
    assert done.returncode == code and says in done.stdout + done.stderr
    assert machine.key not in done.stdout + done.stderr


def test_a_platform_that_is_away_is_temporary(machine):
    done = subprocess.run(
        under_account([str(machine.platform.home.binary), "files", "rm", "fil_01jd7m3kt5f9a8q2w4e6r8t0y1",
                       "--url", "http://127.0.0.1:1", "--key-file", "key"]),
        text=True, capture_output=True, cwd=machine.folder, timeout=60, env=machine.platform.base_environment())
    assert done.returncode == 75 and "does not answer" in done.stdout + done.stderr


def test_a_file_goes_up_and_an_upload_that_was_broken_off_goes_on(platform, api, machine):
    content = os.urandom(12 * MIB + 7)
    (machine.folder / "big.bin").write_bytes(content)
    (machine.folder / "big.bin").chmod(0o644)
    first = machine.files("up", "big.bin", "--json")
    file = json.loads(first.stdout)
    assert (file["name"], file["sha256"]) == ("big.bin", hashlib.sha256(content).hexdigest())
    assert "--resume " + platform.url + "/v1/uploads/upl_" in first.stderr

    tus = {"Authorization": f"Bearer {machine.key}", "Tus-Resumable": "1.0.0"}
    begun = requests.post(platform.url + "/v1/uploads", timeout=30, headers={
        **tus, "Upload-Length": str(len(content)), "Upload-Metadata": "filename aGFsZi5iaW4="})
    address = platform.url + begun.headers["Location"]
    half = requests.patch(address, data=content[:7 * MIB], timeout=30, headers={
        **tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})
    assert half.headers["Upload-Offset"] == str(7 * MIB)
    second = machine.files("up", "big.bin", "--resume", address).stdout.strip()
    assert second != file["id"]
    for stored, name in ((file["id"], "big.bin"), (second, "half.bin")):
        assert api.get(f"/v1/files/{stored}").json()["name"] == name
        assert api.get(f"/v1/files/{stored}/content").content == content


def test_a_key_is_sent_to_no_other_platform(machine):
    (machine.folder / "a.bin").write_bytes(b"a")
    done = machine.files("up", "a.bin", "--resume", "http://127.0.0.1:1/v1/uploads/upl_1", check=False)
    assert done.returncode == 1 and "of this platform" in done.stdout + done.stderr
    assert machine.files("up", "none.bin", check=False).returncode == 1
