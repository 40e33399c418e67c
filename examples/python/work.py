"""Runs the jobs of a queue, one after the other, until SIGTERM or the platform says that it is enough. What has
begun is ended first, and what has not goes back: nothing is lost."""

import json
import os
import signal
import socket
import sys
import threading
import time

from acme import Account

LEASE_MS = 15_000
account = Account()


class Told(Exception):
    """SIGTERM came while nothing ran."""


class Worker:
    def __init__(self, queue):
        self.queue, self.lease, self.job = queue, None, None
        self.is_stopping = self.is_waiting = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.is_stopping = True
        if self.is_waiting:
            raise Told

    def call(self, path, wanted):
        """The answer's body; None when the lease has ended, and what ran under it runs elsewhere."""
        answer = account.call("POST", path, json.dumps(wanted).encode(), {"Content-Type": "application/json"})
        if answer.status == 409:
            self.lease = None
            return None
        if answer.status != 200:
            sys.exit(f"{answer.status}: {answer.read().decode()}")
        return json.load(answer)

    def fetch(self):
        wanted = {"worker": f"{socket.gethostname()}-{os.getpid()}", "queues": [self.queue], "max": 1,
                  "wait_ms": 20_000, "lease_ms": LEASE_MS, "holding": []}
        if self.lease:
            wanted["lease"] = self.lease
        self.is_waiting = True
        try:
            if self.is_stopping:
                return None
            return self.call("/v1/pull", wanted)
        except Told:
            return None  # a job that was on its way goes back with the lease
        except OSError:
            time.sleep(1)  # a node that drains, or none: another one answers the next call
            return None
        finally:
            self.is_waiting = False

    def keep(self, is_over):
        """While a job runs, the lease must not end."""
        while not is_over.wait(LEASE_MS / 3000):
            try:
                self.call(f"/v1/leases/{self.lease}:extend", {"lease_ms": LEASE_MS})
            except OSError:
                pass  # there is time for two more tries

    def run(self, job):
        print("running", job["id"], job["kind"], "attempt", job["attempt"], flush=True)
        is_over = threading.Event()
        keeper = threading.Thread(target=self.keep, args=(is_over,), daemon=True)
        keeper.start()
        named = {"id": job["id"], "attempt": job["attempt"]}
        try:
            result = {"done": [{**named, "output": work(job, lambda share, note: self.report(named, share, note))}]}
        except Exception as problem:
            result = {"failed": [{**named, "error_type": type(problem).__name__, "message": str(problem)}]}
        is_over.set()
        keeper.join()
        self.tell({**result, "lease_ms": LEASE_MS})
        print("ended", job["id"], flush=True)

    def report(self, named, percent, note):
        if self.lease:
            self.call(f"/v1/leases/{self.lease}:ack", {"progress": [{**named, "percent": percent, "note": note}]})

    def tell(self, result):
        for _ in range(5):
            if self.lease is None:
                return
            try:
                self.call(f"/v1/leases/{self.lease}:ack", result)
                return
            except OSError:
                time.sleep(1)

    def close(self):
        if self.lease:
            account.call("POST", f"/v1/leases/{self.lease}:close", b"")

    def work_on(self):
        while not self.is_stopping:
            answer = self.fetch()
            if answer is None:
                continue
            self.lease = answer["lease"]
            for job in answer["jobs"]:
                self.run(job)
            self.is_stopping = self.is_stopping or answer["state"] != "run"
        self.close()
        print("drained", flush=True)


def work(job, report):
    """What your program does. Another worker may have begun it before: do it so that twice is as good as once."""
    if job["kind"] != "sleep":
        raise ValueError(f"nobody here does {job['kind']}")
    steps = int(job["payload"].get("steps", 1))
    for step in range(steps):
        time.sleep(job["payload"].get("seconds", 0) / steps)
        report(100 * (step + 1) / steps, f"step {step + 1} of {steps}")
    return {"steps": steps}


Worker(os.environ.get("ACME_QUEUE", "default")).work_on()
