#!/usr/bin/env python3
"""Each row of docs/guide.md names an id of the requirements and the tests that prove it (C-18): a
row whose test is gone fails. Tests are written `Suite.Name` (C++), `tests/x.py::test_y` (black box
and browser: `tests/browser/x.mjs: title`), `bench/x` or `tests/journeys/NN.sh`."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def cpp_tests():
    found = set()
    for path in [*(ROOT / "src").rglob("*_test.cpp"), *(ROOT / "src/testing").glob("*_conformance.cpp")]:
        for suite, name in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", path.read_text()):
            found.add(f"{suite}.{name}")
    return found


def is_there(test, known):
    if test in known:
        return True
    file, _, name = re.sub(r"::|: ", "\0", test, count=1).partition("\0")
    path = ROOT / file
    if not path.exists():
        return False
    return not name or name in path.read_text()


def rows(text):
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and re.fullmatch(r"[A-Z]+-\w+", cells[0]):
            yield cells


def main():
    known = cpp_tests()
    broken, count = [], 0
    for identifier, what, proof in rows((ROOT / "docs/guide.md").read_text()):
        count += 1
        tests = re.findall(r"`([^`]+)`", proof)
        if not what or not tests:
            broken.append(f"{identifier}: says nothing, or names no test")
        broken += [f"{identifier}: there is no test {test}" for test in tests if not is_there(test, known)]
    if count == 0:
        broken.append("docs/guide.md has no row")
    print("\n".join(broken) or f"guide: {count} rows, every test is there")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
