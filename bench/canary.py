"""What a canary gets of the traffic, and how soon a bad one is stopped; counted by the client."""

import sys
import time

import bed
import rolls
import up
from deployment import Deployment
from traffic import Traffic

sys.path.insert(0, str(bed.ROOT / "tests/releases"))
from make import make as make_faulty  # noqa: E402

REQUESTS = 20_000
RPS = 1_000
STOP_SECONDS = 10
READS = {"writes": 0, "slow_permille": 0}


def add(platform, name, **behaviour):
    """Its id; without a behaviour it is the platform itself with a name behind it."""
    if not behaviour:
        return rolls.make(platform, name)
    folder = make_faulty(platform.place / name, "faulty", platform.binary, name, **behaviour)
    return platform.add(folder)


def abort(platform, run):
    """What was begun for a while only."""
    if run.process.poll() is None:
        platform.run("deploy", "abort", "--reason", "measured", check=False)
    return run.wait(expected=None)


def judged_requests(platform, release):
    """What was asked from the moment on at which it is judged until it is stopped, or there is enough."""
    traffic = Traffic(platform, RPS, **READS)
    traffic.may_refuse = {release}
    with traffic:
        run = Deployment(platform, "run", release, "--canary-window", "60s", "--reason", "measured")
        begun = run.until_step("judge")
        while time.monotonic() - begun < REQUESTS / RPS + 1 and not run.steps("judge"):
            time.sleep(0.1)
        abort(platform, run)
    judged = run.steps("judge")[0]
    stray = [r for r in traffic.failed() if r.release != release]
    if stray:
        raise RuntimeError(f"stable nodes failed: {stray[:3]}")
    return traffic.within(begun + 0.2, judged[1] - 0.2)


def share(platform, release):
    """Of the canary, in percent. One that is stopped soon is begun again until there are enough."""
    requests = []
    while len(requests) < REQUESTS:
        requests += judged_requests(platform, release)
    return 100 * sum(r.release == release for r in requests[:REQUESTS]) / REQUESTS


def stop(platform, release, number, rps):
    """Seconds from the end of the canary's request of that number until it was judged bad, and until its last answer."""
    with Traffic(platform, rps, **READS) as traffic:
        time.sleep(2)
        run = Deployment(platform, "run", release, "--canary-window", "120s", "--reason", "measured").wait(expected=10)
    answers = sorted(r.due + r.seconds for r in traffic.requests if r.release == release)
    judged = run.steps("judge")[0]
    stray = [r for r in traffic.failed() if r.release != release]
    enough = answers[number - 1] if len(answers) >= number else judged[1]
    return {"judged": max(0, judged[1] - enough), "last": max(0, answers[-1] - enough), "answers": len(answers),
            "stray": len(stray), "reason": run.outcome.get("outcome", "")}


def shares(platform, nodes):
    behaviours = {"healthy": {}, "fails fast (404)": {"not_found_all": True}, "slow (300 ms)": {"delay_ms": 300}}
    rows = []
    for name, behaviour in behaviours.items():
        release = add(platform, f"share-{nodes}-{len(rows)}", **behaviour)
        percent = share(platform, release)
        rows.append([f"share of a canary that is {name}, {nodes} nodes", f"{percent:.2f} %", f"{REQUESTS:,} requests",
                     f"5 % ± 0.5: {'met' if abs(percent - 5) <= 0.5 else 'missed'}"])
    return rows


def stops(platform):
    rows = []
    for name, every, number, rps in [("10 %", 10, 110, 1000), ("10 %", 10, 110, 100), ("100 %", 1, 10, 1000),
                                     ("100 %", 1, 10, 40)]:
        release = add(platform, f"stop-{len(rows)}", fail_every=every)
        seen = stop(platform, release, number, rps)
        met = seen["judged"] <= STOP_SECONDS and seen["stray"] == 0
        rows.append([f"a canary that fails {name} is stopped, {rps:,} req/s", f"{seen['judged']:.1f} s",
                     f"{seen['answers']} answers, the last after {seen['last']:.1f} s; {seen['stray']} failed elsewhere",
                     f"≤ {STOP_SECONDS} s after its request {number}: {'met' if met else 'missed'}"])
    return rows


def report():
    rows = []
    for nodes in (3, 6):
        with up.platform(nodes) as platform:
            rows += shares(platform, nodes)
            if nodes == 3:
                rows += stops(platform)
    return bed.table(["what", "seen", "of", "goal"], rows)
