"""The dashboard in Chromium, on the platform that `acme up` runs: tests/browser/*.mjs."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def test_the_dashboard_as_a_person_uses_it(start_platform):
    platform = start_platform()  # its own: the story begins where nobody has ever signed in
    screenshots = pathlib.Path(os.environ.get("ACME_SCREENSHOTS", ROOT / "build/screenshots"))
    screenshots.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "ACME_URL": platform.url, "ACME_LINK": platform.link,
                   "ACME_SCREENSHOTS": str(screenshots)}
    stories = sorted(str(path) for path in (ROOT / "tests/browser").glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *stories], capture_output=True, text=True, timeout=600,
                          env=environment, cwd=ROOT / "web")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
