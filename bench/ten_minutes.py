"""Ten real minutes of a canary, once: as long as production judges one, with traffic all the time."""

import time

import bed
import rolls
import up
from deployment import Deployment
from traffic import Traffic

RPS = 200


def report():
    with up.platform(3) as platform:
        release = rolls.make(platform, "ten-minutes")
        with Traffic(platform, RPS) as traffic:
            time.sleep(2)
            run = Deployment(platform, "run", release).wait()
        begun, ended, _ = run.steps("judge")[0]
        judged = traffic.within(begun + 0.2, ended)
        share = 100 * sum(r.release == release for r in judged) / len(judged)
        looks = sum(kind == "sample" and begun <= at <= ended for at, kind, _ in run.records)
        failed = traffic.failed()
    when = sorted(f"{request.due - run.began:.0f} s: {request.kind} {request.status} {request.fault}" for request in failed)
    reasons = "".join(f"\n\nFailed at {line}" for line in when[:50])
    return bed.table(["what", "seen"], [
        ["a canary judged in real time, s", f"{ended - begun:.0f}"],
        ["looks at it, stored", f"{looks}"],
        ["requests meanwhile, of them at the canary", f"{len(judged):,}, {share:.2f} %"],
        ["failed, in all of the deployment", f"{len(failed)} of {len(traffic.requests):,}"],
        ["the whole deployment of three nodes, s", f"{run.seconds:.0f}: {run.outcome.get('state', '')}"],
    ]) + reasons
