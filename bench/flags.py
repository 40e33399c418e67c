"""Feature flags: an evaluation in the process, a bulk answer over HTTP, how soon a change is seen, and streams.

The same fixture everywhere (peers/flags/fixture.mjs): 100 flags of three rules. In the process we stand beside
unleash-client, flagd's core, GrowthBook and OpenFeature's own provider; over HTTP beside Unleash's server and Unleash Edge.
"""

import contextlib
import json
import os
import shutil
import subprocess

import bed
import flags_http
import flags_reach

ROUNDS = 5
PROGRAM = bed.ACME.parent / "acme-bench-flags"
PEERS = ["unleash-client", "flagd-core", "growthbook", "openfeature in-memory"]
ROWS = {
    "disabled": "disabled, counted",
    "rule_1": "rule 1 of 3: org in 5",
    "rule_2": "rule 2: region, and 25 % of users",
    "rule_3": "rule 3: user in 20",
    "no_rule": "no rule matches",
    "bulk_100": "100 flags",
}
OURS_ALONE = {
    "switched_off": "flags switched off, ns",
    "by_name": "by a name that is not known when compiling, ns",
    "bulk_100_json": "100 flags and their JSON, ns",
    "member_of_million": "a member of a million, ns",
    "flags_1000": "1,000 flags, bytes",
    "million_members": "a list of a million members, bytes",
}


def peers(stack):
    """The folder of those on Node, installed."""
    place = stack.enter_context(bed.folder())
    shutil.copytree(bed.ROOT / "bench/peers/flags", place / "flags", ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=place / "flags", check=True)
    return place / "flags"


def said(*words):
    done = subprocess.run(["taskset", "-c", bed.SERVER_CPU, *words], check=True, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"]})
    return json.loads(done.stdout.splitlines()[-1])


def in_process(place):
    runs, ours = {peer: [] for peer in PEERS}, []
    for _ in range(ROUNDS):
        ours.append(said(PROGRAM))
        for peer in PEERS:
            runs[peer].append(said("node", place / "in_process.mjs", peer))
    goals = ours[0]["goals"]
    rows = []
    for case, words in ROWS.items():
        mine = [run["ns"][case] for run in ours]
        row = [words, f"{bed.median(mine):,.1f}", bed.spread(mine, 1)]
        for peer in PEERS:
            each = [run[case] for run in runs[peer] if case in run]
            ratios = [other / one for one, other in zip(mine, each)]
            row.append(f"{bed.median(each):,.0f} ({bed.median(ratios):,.0f} x)" if each else "-")
        goal = goals.get(case)
        rows.append([*row, "" if goal is None else f"≤ {goal:g}: {'met' if min(mine) <= goal else 'missed'}"])
    text = bed.table([f"ns an evaluation, median of {ROUNDS}", "acme", "spread", *PEERS, "goal"], rows)
    alone = []
    for case, words in OURS_ALONE.items():
        mine = [{**run["ns"], **run["bytes"]}[case] for run in ours]
        goal = goals.get(case)
        alone.append([words, f"{bed.median(mine):,.1f}", bed.spread(mine, 1),
                      "" if goal is None else f"≤ {goal:,g}: {'met' if min(mine) <= goal else 'missed'}"])
    return text + "\n\n" + bed.table(["acme alone", "median", "spread", "goal"], alone)


def report():
    with contextlib.ExitStack() as stack:
        place = peers(stack)
        parts = [in_process(place), flags_http.report(place), flags_reach.report(place)]
    return "\n\n".join(parts)
