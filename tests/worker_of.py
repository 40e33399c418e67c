"""Jobs as a program outside sees them: what tests of jobs have in common."""

import uuid

from conftest import until


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def add(api, queue, kind="sleep", payload=None, **more):
    added = api.post("/v1/jobs", json={"queue": queue, "kind": kind, "payload": payload or {}, **more})
    assert added.status_code in (200, 201), added.text
    return added.json()["id"]


def job(api, name):
    return api.get(f"/v1/jobs/{name}").json()


def state(api, name):
    return job(api, name)["state"]


def until_state(api, name, wanted, seconds=30):
    until(lambda: state(api, name) == wanted, seconds)
    return job(api, name)


class Puller:
    """A worker that does by hand what a program does by itself. Its lease outlasts a machine that stands still."""

    def __init__(self, api, *queues, name="by hand", lease_ms=120_000):
        self.api, self.queues, self.name, self.lease_ms, self.lease = api, list(queues), name, lease_ms, None

    def pull(self, most=1, wait_ms=0, holding=()):
        wanted = {"max": most, "wait_ms": wait_ms, "lease_ms": self.lease_ms, "holding": list(holding)}
        wanted |= {"lease": self.lease} if self.lease else {"worker": self.name, "queues": self.queues}
        said = self.api.post("/v1/pull", json=wanted)
        if said.status_code == 200:
            self.lease = said.json()["lease"]
        return said

    def jobs(self, most=1, wait_ms=0, holding=()):
        said = self.pull(most, wait_ms, holding)
        assert said.status_code == 200, said.text
        return said.json()["jobs"]

    def ack(self, **results):
        return self.api.post(f"/v1/leases/{self.lease}:ack", json={"lease_ms": self.lease_ms, **results})

    def done(self, *jobs, output=None):
        said = self.ack(done=[{"id": each["id"], "attempt": each["attempt"], "output": output} for each in jobs])
        assert said.status_code == 200, said.text
        return said.json()

    def failed(self, each, **more):
        said = self.ack(failed=[{"id": each["id"], "attempt": each["attempt"], **more}])
        assert said.status_code == 200, said.text
        return said.json()

    def kill(self, each):
        """Lets a job fail for good."""
        return self.failed(each, error_type="Broken", message="it cannot be done", final=True)
