"""The dashboard in Chromium, on the platform that `acme up` runs: tests/browser/*.mjs."""

import os
import pathlib
import subprocess

from people import link_of

ROOT = pathlib.Path(__file__).resolve().parent.parent


def test_the_dashboard_as_a_person_uses_it(platform, tmp_path):
    screenshots = pathlib.Path(os.environ.get("ACME_SCREENSHOTS", ROOT / "build/screenshots"))
    screenshots.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "ACME_URL": platform.url, "ACME_LINK": link_of(platform),
                   "ACME_SCREENSHOTS": str(screenshots)}
    stories = sorted(str(path) for path in (ROOT / "tests/browser").glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *stories], capture_output=True, text=True, timeout=600,
                          env=environment, cwd=ROOT / "web")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
