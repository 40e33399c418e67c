"""How long a developer waits: one changed source until its tests have run, and a build from nothing."""

import os
import re
import subprocess
import time

import bed

RUNS = 3
SOURCE = bed.ROOT / "src/platform/files/name.cpp"
TESTS = "FileName.*"
DEV = bed.ROOT / "build/dev"


def cmake(*words, env=None):
    subprocess.run(["cmake", *words], cwd=bed.ROOT, env=env, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def build_tests():
    cmake("--build", DEV, "--target", "acme-tests")


def one_change(number):
    """Seconds. What was never compiled before, so that no cache knows it."""
    text = SOURCE.read_text()
    SOURCE.write_text(f"{text}\n// {number} {time.time_ns()}\n")
    try:
        began = time.monotonic()
        build_tests()
        said = subprocess.run([DEV / "acme-tests", "--gtest_brief=1", f"--gtest_filter={TESTS}"], cwd=bed.ROOT,
                              check=True, capture_output=True, text=True).stdout
        took = time.monotonic() - began
    finally:
        SOURCE.write_text(text)
    if not re.search(r"[1-9]\d* tests? from", said):
        raise RuntimeError(f"no test of {SOURCE.name} ran: {said}")
    return took


def from_nothing():
    """Seconds of the release build into an empty folder, without a cache."""
    env = os.environ | {"CCACHE_DISABLE": "1"}
    with bed.folder() as place:
        began = time.monotonic()
        cmake("--preset", "release", "-B", place, env=env)
        cmake("--build", place, "--target", "acme", "--parallel", str(os.cpu_count()), env=env)
        return time.monotonic() - began


def report():
    cmake("--preset", "dev")
    build_tests()
    changed = [one_change(number) for number in range(RUNS)]
    build_tests()  # the source as it was
    clean = from_nothing()

    def verdict(seconds, goal):
        return "met" if seconds <= goal else "missed"

    return bed.table(["what", "median", "spread", "goal", ""], [
        ["one changed source to its tests run (dev, sanitizers), s", f"{bed.median(changed):.1f}",
         bed.spread(changed, 1), "≤ 15", verdict(min(changed), 15)],
        ["release build from nothing, no cache, s", f"{clean:.0f}", "one run", "≤ 300", verdict(clean, 300)],
    ])
