"""One roll of six nodes, two at a time, and all that must not be lost in it: requests, those that take long,
jobs and what is due by the clock; on the real binary, PostgreSQL, Redis and HAProxy."""

import collections
import concurrent.futures
import contextlib
import os
import subprocess
import threading

import haproxy
import pytest
import requests
from api import Api
from conftest import Home, Platform, under_account, until
from deployer import Controller, Deployer, Readers
from people import sign_in

LONG = 24  # requests, so that each node has some
HELD = "4711"  # the lock behind which a worker asks for its first jobs


@pytest.fixture
def deployer():
    platform = Platform(Home(), "--app-nodes", "6")
    try:
        yield Deployer(platform.start())
    finally:
        platform.stop()
        platform.home.remove()


class Pings:
    """Jobs that are asked for, one after the other, until the end of the block; each is waited for."""

    def __init__(self, api):
        self.api, self.answered = api, 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.failure = "it did not end"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()

    def _ask(self):
        try:
            while not self._stopping.is_set():
                path = f"/v1/pings/{self.api.post('/v1/pings').json()['id']}"
                until(lambda: self.api.get(path).json()["done_at"], 60)
                assert self.api.delete(path).status_code == 204
                self.answered += 1
            self.failure = None
        except Exception as broken:  # the test looks at it
            self.failure = repr(broken)


def replaces(*names):
    return lambda one: (one["kind"] == "step_begun" and one["data"]["kind"] == "replace"
                        and one["data"]["nodes"] == ", ".join(names))


@contextlib.contextmanager
def long_uploads(platform, api):
    """Requests that are under way until the end of the block, spread over the nodes. Yields their answers."""
    goes_on = threading.Event()

    def body():
        yield b"x" * 1000
        while not goes_on.wait(0.5):
            yield b"y" * 2000  # who sends less than 1 KiB a second is cut after ten seconds
        yield b"z" * 1000

    def upload(number):
        mine = Api(platform.url)
        mine.http.cookies.update(api.http.cookies)
        return mine.post("/v1/files", params={"name": f"long-{number}"}, data=body(), timeout=120, headers={
            "Content-Type": "application/octet-stream", "Idempotency-Key": f"long-{os.urandom(4).hex()}"}).status_code

    with concurrent.futures.ThreadPoolExecutor(LONG) as pool:
        answers = [pool.submit(upload, number) for number in range(LONG)]
        try:
            yield answers
        finally:
            goes_on.set()


def wait_until_they_work_while_they_drain(platform, *names):
    """Small requests end at once: who is drained and has some in each of five looks has long ones. A drain lasts
    half a minute at most, so HAProxy itself is asked."""
    looks = []

    def do_they():
        servers = haproxy.nodes(platform)
        looks.append(all(servers[name]["status"].startswith("DRAIN") and int(servers[name]["scur"]) for name in names))
        return len(looks) >= 5 and all(looks[-5:])

    until(do_they, 30)


@contextlib.contextmanager
def no_new_worker_gets_jobs(platform):
    platform.sql(f"""CREATE FUNCTION wait_for_it() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock({HELD}); RETURN NEW; END';
        CREATE TRIGGER waits BEFORE INSERT ON job_leases FOR EACH ROW EXECUTE FUNCTION wait_for_it()""")
    session = subprocess.Popen(
        under_account(["psql", "--no-psqlrc", "-h", platform.state["run"], "-U", "postgres", "-d", "acme", "-q"]),
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=platform.base_environment())
    session.stdin.write(f"SELECT pg_advisory_lock({HELD});\n")
    session.stdin.flush()
    try:
        until(lambda: platform.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                                   f"AND objid = {HELD}") == "1", 30)
        yield
    finally:
        session.stdin.close()  # and so the lock is free
        session.wait(10)


def why_not_ready(platform, name):
    """What the node says on its operations port; "" when it is ready, or says nothing."""
    try:
        answer = requests.get(platform.node_url(name, operations=True) + "/readyz", timeout=2)
        return "" if answer.status_code == 200 else answer.json()["detail"]
    except requests.RequestException:
        return ""


def note_jobs(platform):
    """Every job from now on, and which transaction asked for it."""
    platform.sql("""CREATE TABLE noted (id bigint, kind text, transaction bigint);
        CREATE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO noted VALUES (NEW.id, NEW.kind, txid_current()); RETURN NEW; END';
        CREATE TRIGGER note_job AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION note_job();
        GRANT ALL ON noted TO PUBLIC""")


def assert_each_job_was_done_once(platform):
    gone = platform.sql("SELECT id FROM noted WHERE id NOT IN (SELECT id FROM jobs)").split()

    def done():
        return collections.Counter(str(line["job"]) for line in platform.logs()
                                   if line["message"] == "job" and line["outcome"] == "done")

    until(lambda: set(gone) <= done().keys(), 60, 1)  # a line is written after its row is gone
    count = done()
    assert {count[job] for job in gone} == {1}, count.most_common(3)
    assert platform.sql("SELECT (SELECT count(*) FROM jobs WHERE refusal IS NOT NULL) + "
                        "(SELECT count(*) FROM jobs_dead)") == "0"


def assert_each_fire_is_one_job(platform, rewound):
    """`rewound` fell due as the scheduler was replaced. A moment and its job are of one transaction."""
    clock = f"('audit.seal', '{rewound}')"
    assert platform.sql(f"SELECT count(*) > 0 FROM noted WHERE kind = '{rewound}'") == "t"
    assert platform.sql(f"""SELECT count(*) FROM (
        SELECT n.id FROM noted n LEFT JOIN schedule_fires f ON f.xmin::text::bigint = n.transaction
            AND f.schedule = n.kind
        WHERE n.kind IN {clock} GROUP BY n.id HAVING count(f.fire_at) <> 1) jobs_of_no_moment""") == "0"
    assert platform.sql(f"""SELECT count(*) FROM (
        SELECT f.fire_at FROM schedule_fires f LEFT JOIN noted n ON f.xmin::text::bigint = n.transaction
            AND f.schedule = n.kind
        WHERE f.schedule IN {clock} AND f.xmin::text::bigint > (SELECT min(transaction) FROM noted)
        GROUP BY f.schedule, f.fire_at HAVING count(n.id) <> 1) moments_of_no_job""") == "0"


def test_six_nodes_are_replaced_two_at_a_time_and_nothing_is_lost(deployer):
    platform = deployer.platform
    api = sign_in(platform)
    note_jobs(platform)
    rewound = "events.sweep"
    leads = len([line for line in platform.logs() if line["message"] == "scheduler.leads"])
    before, release = deployer.first, deployer.add("good")

    with Readers(platform.url) as readers, Pings(api) as pings:
        controller = Controller(deployer, "run", release, "--canary-window", "12s", "--reason", "a test")
        controller.until(lambda one: one["kind"] == "sample" and one["data"]["remaining_ms"] < 8_000)
        with long_uploads(platform, api) as answers:
            controller.until(replaces("app-1", "app-2"))
            wait_until_they_work_while_they_drain(platform, "app-1", "app-2")
        assert [answer.result() for answer in answers] == [201] * LONG
        controller.until(replaces("app-3", "app-4"))
        controller.until(replaces("app-5"))
        with no_new_worker_gets_jobs(platform):
            controller.until(replaces("worker-1"))
            until(lambda: "first jobs" in why_not_ready(platform, "worker-1"), 60)
            asked = pings.answered
            until(lambda: pings.answered > asked + 2, 60)  # by the other one
            assert platform.node("worker-2")["release"] == before
        controller.until(replaces("worker-2"))
        controller.until(replaces("scheduler"))
        platform.sql(f"DELETE FROM schedule_fires WHERE schedule = '{rewound}'")
        platform.sql(f"UPDATE schedules SET last_at = last_at - interval '1 hour' WHERE name = '{rewound}'")
        assert controller.wait() == 0, controller.told

    assert readers.failures == [] and set(readers.releases) == {before, release}
    assert pings.failure is None
    deployer.assert_settled(release)
    until(lambda: len([line for line in platform.logs() if line["message"] == "scheduler.leads"]) > leads, 60, 1)
    until(lambda: platform.sql(f"SELECT count(*) FROM noted WHERE kind = '{rewound}'") != "0", 60)
    assert_each_job_was_done_once(platform)
    assert_each_fire_is_one_job(platform, rewound)
