#!/usr/bin/env python3
"""One summary of many test runners, from the JUnit XML that each wrote.

summary.py FOLDER                                    prints the summary; exit 1 when a test failed
summary.py --write FILE NAME BEGUN FAILURE [PREFIX]  writes the result of one thing that ran, unless
    files that begin with PREFIX hold its tests already and agree with it
"""

import glob
import os
import sys
import time
import xml.etree.ElementTree as xml

SLOWEST = 10


def cases_of(path):
    """(name, seconds, outcome, reason) of each test in a file."""
    for case in xml.parse(path).iter("testcase"):
        name = ".".join(filter(None, [case.get("classname"), case.get("name")]))
        outcome, reason = "passed", ""
        if case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            outcome = "skipped"
        for child in case:
            if child.tag in ("failure", "error"):
                outcome, reason = "failed", child.get("message") or ""
                break
            if child.tag == "skipped":
                outcome, reason = "skipped", child.get("message") or ""
        yield name, float(case.get("time") or 0), outcome, reason


def write(path, name, begun, failure, prefix=None):
    files = [file for file in glob.glob(prefix + "*.xml") if file != path] if prefix else []
    cases = [case for file in files for case in cases_of(file)]
    told = any(outcome == "failed" for _, _, outcome, _ in cases)
    if cases and told == bool(failure):
        return
    suite = xml.Element("testsuite", name=name)
    seconds = f"{time.time() - float(begun):.3f}"
    case = xml.SubElement(suite, "testcase", classname="part" if prefix else "", name=name, time=seconds)
    if failure:
        xml.SubElement(case, "failure", message=failure)
    xml.ElementTree(suite).write(path)


def summarise(folder):
    cases = [case for file in sorted(glob.glob(f"{folder}/*.xml")) for case in cases_of(file)]
    # A test that cannot run says why; where nobody reads that, it has failed.
    if os.environ.get("CI") == "true":
        cases = [(n, s, "failed" if o == "skipped" else o, f"skipped: {r}" if o == "skipped" else r)
                 for n, s, o, r in cases]
    count = {outcome: sum(1 for case in cases if case[2] == outcome)
             for outcome in ("passed", "failed", "skipped")}
    print(f"\nThe {SLOWEST} slowest:")
    for name, seconds, _, _ in sorted(cases, key=lambda case: -case[1])[:SLOWEST]:
        print(f"  {seconds:8.2f} s  {name}")
    for outcome in ("skipped", "failed"):
        for name, _, _, reason in (case for case in cases if case[2] == outcome):
            print(f"{outcome}: {name}: {' '.join(reason.split())[:200]}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"\n{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] or not cases else 0


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write(*sys.argv[2:])
    else:
        sys.exit(summarise(sys.argv[1]))
