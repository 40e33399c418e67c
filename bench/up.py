"""A platform of its own for benchmarks of deployments: `acme up` in a folder of its own, as its users start it."""

import contextlib
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
import urllib.parse
import urllib.request

import bed

ACCOUNT = "acme"  # PostgreSQL refuses root
START_SECONDS = 90


def under_account(words):
    """Ends with the benchmark, also when that is killed."""
    words = [str(word) for word in words]
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=TERM", "--", *words]
    return ["setpriv", "--pdeathsig=TERM", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups",
            "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--", *words]


class Platform:
    def __init__(self, place, nodes):
        self.place = place
        self.binary = place / "acme"
        self.home = place / "home"
        shutil.copy(bed.ACME, self.binary)
        words = [self.binary, "up", "--home", self.home, "--port", bed.free_port(), "--app-nodes", nodes]
        self.process = subprocess.Popen(under_account(words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        cwd=place, env=self.base_environment(), start_new_session=True)
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._wait_until_up()
        self.cookie = self._sign_in()

    def _listen(self):
        for line in self.process.stdout:
            self.said.append(line.rstrip())

    def _wait_until_up(self):
        until = time.monotonic() + START_SECONDS
        while not any(line.startswith("Stop        ") for line in self.said):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("acme up does not start:\n" + "\n".join(self.said))
            time.sleep(0.05)
        state = json.loads((self.home / "up.json").read_text())
        self.url, self.run_folder = state["url"], state["run"]
        self.port = urllib.parse.urlsplit(self.url).port

    def _sign_in(self):
        """By the link that was printed, as the administrator would."""
        link = next(line for line in self.said if line.startswith("Sign in"))
        token = urllib.parse.unquote(re.search(r"#token=(\S+)", link).group(1))
        asked = urllib.request.Request(self.url + "/v1/auth/link", json.dumps({"token": token}).encode(),
                                       {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked) as answer:
            return answer.headers["Set-Cookie"].partition(";")[0]

    def base_environment(self):
        return {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(self.place), "LC_ALL": "C.UTF-8",
                "RATE_LIMIT_PER_MIN": "1000000"}  # all of the traffic is one user's

    def environment(self):
        lines = (self.home / "environment").read_text().splitlines()
        return self.base_environment() | dict(line.split("=", 1) for line in lines)

    def command(self, *words):
        return under_account([self.binary, *words])

    def run(self, *words, check=True, timeout=300):
        done = subprocess.run(self.command(*words), text=True, capture_output=True, env=self.environment(),
                              cwd=self.place, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"acme {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def add(self, folder):
        """Its id as a release."""
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{ACCOUNT}:{ACCOUNT}", folder], check=True)
        release = json.loads(self.run("release", "add", str(folder), "--json").stdout)["id"]
        shutil.rmtree(folder)
        return release

    def nodes(self):
        """name -> what `acme deploy status` says of it."""
        said = json.loads(self.run("deploy", "status", "--json").stdout)
        return {node["name"]: node for node in said["nodes"]}

    def address(self, node):
        return json.loads((self.home / "nodes" / f"{node}.json").read_text())["acme.address"]

    def pid(self, name):
        return int((self.home / "nodes" / f"{name}.pid").read_text())

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=90)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextlib.contextmanager
def platform(nodes):
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(ACCOUNT)
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", ACCOUNT], check=True)
    place = pathlib.Path(tempfile.mkdtemp(prefix="acme-", dir="/tmp"))  # short: sockets lie in it
    if os.geteuid() == 0:
        shutil.chown(place, ACCOUNT, ACCOUNT)
    place.chmod(0o755)
    started = None
    try:
        started = Platform(place, nodes)
        yield started
    finally:
        if started:
            started.stop()
        shutil.rmtree(place, ignore_errors=True)
