"""Two real workers that are killed and drained while PostgreSQL restarts and Redis is lost: no job is lost, each ends
once, what a handler did in its job's transaction was done once, every limit holds, what is to be the only one is, and a
drain is no attempt. tests/kept_jobs.py says how that is seen."""

import itertools
import os
import random
import signal
import threading

import pytest
from conftest import until
from deployer import Deployer
from kept_jobs import KeptJobs

WORKERS = [("worker-1", signal.SIGKILL), ("worker-2", signal.SIGTERM), ("worker-2", signal.SIGKILL),
           ("worker-1", signal.SIGTERM)]
# PostgreSQL: dead at once; stopped as if it were, with a recovery after it; and in order.
SERVERS = [("postgres", signal.SIGKILL), ("redis", signal.SIGKILL), ("postgres", signal.SIGQUIT),
           ("redis", signal.SIGSTOP), ("postgres", signal.SIGINT)]


@pytest.fixture
def kept(start_platform):
    return KeptJobs(start_platform("--app-nodes", "1"))


class Asking:
    """Two who ask for jobs that are to be the only ones, until the end of the block."""

    def __init__(self, kept):
        self.kept, self.ended = kept, threading.Event()

    def __enter__(self):
        self.sides = self.kept.ask_for_the_only_ones(self.ended)

    def __exit__(self, *_):
        self.ended.set()
        for side in self.sides:
            side.join()


def strike(platform, name, number):
    """Returns when it is there again; what was stopped goes on after a while."""
    pid = platform.pid(name)
    os.kill(pid, number)
    if number == signal.SIGSTOP:
        threading.Event().wait(2)
        os.kill(pid, signal.SIGCONT)
    else:
        until(lambda: platform.pid(name) not in (None, pid), seconds=60)


def work_goes_on(kept):
    """Some were done since, or there are none."""
    before = kept.left()
    until(lambda: before == 0 or kept.left() < before, seconds=60)


def test_what_kills_workers_and_servers_loses_no_job_doubles_none_and_breaks_no_limit(kept):
    with Asking(kept):
        for server in SERVERS[:3]:
            kept.add()
            work_goes_on(kept)
            strike(kept.platform, *server)
            for worker in (("worker-1", signal.SIGKILL), ("worker-2", signal.SIGTERM)):
                strike(kept.platform, *worker)
    kept.verify()


@pytest.mark.full
def test_the_same_for_minutes_in_every_order(kept):
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    workers, servers = itertools.cycle(WORKERS), itertools.cycle(SERVERS)
    with Asking(kept):
        for _ in range(20):
            kept.add(plain=4_000, keyed=300, limited=100, pings=500)
            work_goes_on(kept)
            for _ in range(chance.randrange(1, 4)):
                strike(kept.platform, *next(workers))
            strike(kept.platform, *next(servers))
    kept.verify(300)


@pytest.mark.full
def test_the_same_while_the_workers_are_rolled_between_two_releases(start_platform):
    """Two releases of one program: what a migration changes between two landings is tests/test_upgrade.py's."""
    deployer = Deployer(start_platform())
    kept = KeptJobs(deployer.platform)
    rolled = threading.Event()
    second = deployer.add("good")

    def roll():
        try:
            deployer.deploy(second)
            deployer.deploy(deployer.first)
        finally:
            rolled.set()

    rolling = threading.Thread(target=roll)
    with Asking(kept):
        rolling.start()
        while not rolled.is_set():
            kept.add(pings=0)  # the smoke suite has none when there are a hundred
            work_goes_on(kept)
            rolled.wait(5)
    rolling.join()
    deployer.assert_settled(deployer.first)
    assert [one["state"] for one in deployer.history()] == ["succeeded", "superseded"]
    kept.verify()
