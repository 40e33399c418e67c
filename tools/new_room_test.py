#!/usr/bin/env python3
"""A room that new_room.py has made keeps the house rules; with --build it also compiles and passes its test,
in a copy of the repository with its line in CMakeLists.txt."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOM = "platform/spare_notes"
IS_BUILDING = "--build" in sys.argv[1:]


class NewRoomTest(unittest.TestCase):
    def setUp(self):
        self.copy = pathlib.Path(tempfile.mkdtemp(prefix="acme-room-"))
        self.addCleanup(shutil.rmtree, self.copy)
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, tracked.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.copy / name)

    def run_tool(self, *words):
        return subprocess.run(words, cwd=self.copy, capture_output=True, text=True)

    def make(self, path=ROOM):
        return self.run_tool(sys.executable, "tools/new_room.py", path)

    def add_to_build(self):
        """As new_room.py says it: a line before app, and its name among the DEPS of app."""
        file = self.copy / "CMakeLists.txt"
        lines = file.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if line.startswith("acme_room(app "))
        lines[at] = lines[at].replace("DEPS base", f"DEPS base {ROOM}", 1)
        lines.insert(at, f"acme_room({ROOM} DEPS base io/telemetry io/loop io/pg)\n")
        file.write_text("".join(lines))

    def test_it_keeps_the_house_rules(self):
        made = self.make()
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn(f"acme_room({ROOM} DEPS", made.stdout)
        self.add_to_build()
        tidy = self.run_tool(sys.executable, "tools/tidy.py")
        self.assertEqual(tidy.returncode, 0, tidy.stdout + tidy.stderr)
        sources = [str(path) for path in (self.copy / "src" / ROOM).glob("*.[hc]pp")]
        form = self.run_tool("clang-format-19", "--dry-run", "-Werror", *sources)
        self.assertEqual((len(sources), form.returncode), (3, 0), form.stderr)

    def test_what_is_no_room_is_refused_and_what_is_there_stays(self):
        for wrong in ("", "notes", "platform/Notes", "cellar/notes", "platform/../notes"):
            self.assertIn("usage:", self.make(wrong).stderr, wrong)
        before = (self.copy / "src/platform/files/README.md").read_bytes()
        self.assertIn("is there already", self.make("platform/files").stderr)
        self.assertEqual((self.copy / "src/platform/files/README.md").read_bytes(), before)

    @unittest.skipUnless(IS_BUILDING, "takes minutes: --build")
    def test_it_compiles_and_passes_its_test(self):
        self.make()
        self.add_to_build()
        built = self.run_tool("./dev", "build", "dev", "acme-tests")
        self.assertEqual(built.returncode, 0, built.stdout[-5000:] + built.stderr[-5000:])
        tested = self.run_tool("build/dev/acme-tests", "--gtest_filter=SpareNotes.*")
        self.assertIn("[  PASSED  ] 1 test", tested.stdout, tested.stdout + tested.stderr)


if __name__ == "__main__":
    unittest.main(argv=[word for word in sys.argv if word != "--build"])
