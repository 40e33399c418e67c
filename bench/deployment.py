"""`acme deploy` as a benchmark runs it: each record with the moment at which it was told."""

import json
import subprocess
import threading
import time


class Deployment:
    """A controller of its own. `records` are (time.monotonic(), kind, data) so far."""

    def __init__(self, platform, *words):
        self.records = []
        self.began = time.monotonic()
        self.wall = time.time() - self.began  # records have the wall clock's time
        self.process = subprocess.Popen(platform.command("deploy", *words, "--json"), text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=platform.environment(), cwd=platform.place)
        self.said = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("{"):
                record = json.loads(line)
                if "data" in record:
                    self.records.append((record["at"] / 1e6 - self.wall, record["kind"], record["data"]))

    def wait(self, expected=0, seconds=1200):
        code = self.process.wait(timeout=seconds)
        self.ended = time.monotonic()
        self.listener.join(timeout=10)
        if expected is not None and code != expected:
            raise RuntimeError(f"acme deploy ended with {code}:\n{''.join(self.said)[-4000:]}")
        return self

    @property
    def seconds(self):
        return self.ended - self.began

    @property
    def outcome(self):
        states = [data for _, kind, data in self.records if kind == "state"]
        return states[-1] if states else {}

    def steps(self, *kinds):
        """(begun, ended, data of the beginning) of each step that ended."""
        open_, found = {}, []
        for at, kind, data in list(self.records):
            if kind == "step_begun" and data["kind"] in kinds:
                open_[data["number"]] = (at, data)
            if kind == "step_ended" and data["number"] in open_:
                begun, about = open_.pop(data["number"])
                found.append((begun, at, {**about, **data}))
        return found

    def until_step(self, kind, seconds=120):
        """The moment at which a step of that kind began."""
        deadline = time.monotonic() + seconds
        while True:
            for at, what, data in list(self.records):
                if what == "step_begun" and data["kind"] == kind:
                    return at
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"no step {kind}:\n{''.join(self.said)[-4000:]}")
            time.sleep(0.02)
