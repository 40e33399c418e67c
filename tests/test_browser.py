"""The dashboard in Chromium, on the platform that `acme up` runs: tests/browser/*.mjs."""

import json
import os
import pathlib
import subprocess

from conftest import under_account
from deployer import Deployer
from people import link_of
from providers import free_port, provider, variables

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_story(name, platform, seconds, **settings):
    screenshots = pathlib.Path(os.environ.get("ACME_SCREENSHOTS", ROOT / "build/screenshots"))
    screenshots.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "ACME_URL": platform.url, "ACME_SCREENSHOTS": str(screenshots), **settings}
    done = subprocess.run(["node", "--test", str(ROOT / "tests/browser" / name)], capture_output=True, text=True,
                          timeout=seconds, env=environment, cwd=ROOT / "web")
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]


def link_for(platform, role, name, email=None):
    """With which somebody who is new signs in for the first time."""
    said = platform.run("accounts", "create", "--email", email or f"{role}@example.com", "--name", name,
                        "--platform-role", role).stdout
    return next(word for word in said.split() if "#token=" in word)


def command_of(platform):
    """The words that reach `acme` on this platform from anywhere, as JSON."""
    variables = [f"{name}={value}" for name, value in platform.environment.items()]
    return json.dumps(["env", "-i", "-C", str(platform.home.path), *variables, *under_account([str(platform.home.binary)])])


def test_the_dashboard_as_a_person_uses_it(start_platform):
    # Its own: the story begins where nobody has ever signed in; it has a receiver of webhooks, and a quota.
    platform = start_platform(environment={"ACME_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "ACME_ORG_STORAGE_MB": "1024"})
    run_story("dashboard.test.mjs", platform, 900, ACME_LINK=platform.link)


def test_second_factors_as_a_person_turns_them_on_and_signs_in_with_them(platform):
    link = link_of(platform, "factors@example.com")
    run_story("factors.test.mjs", platform, 600, ACME_URL=platform.environment["ACME_URL"], ACME_LINK=link)


def test_jobs_as_an_administrator_finds_pauses_and_redrives_them(platform):
    link = link_of(platform, "jobs@example.com")
    run_story("jobs.test.mjs", platform, 600, ACME_URL=platform.environment["ACME_URL"], ACME_LINK=link)


def test_schedules_as_an_administrator_makes_and_watches_them(platform):
    run_story("schedules.test.mjs", platform, 600, ACME_URL=platform.environment["ACME_URL"],
              ACME_LINK=link_of(platform, "schedules@example.com"))


def test_flags_as_those_who_run_the_platform_make_target_switch_and_take_them_back(platform):
    run_story("flags.test.mjs", platform, 900, ACME_LINK=link_for(platform, "admin", "Ada Admin"),
              ACME_SECOND_LINK=link_for(platform, "operator", "Olga Operator"))


def test_the_preview_of_files_as_its_flag_says(platform):
    run_story("file_preview.test.mjs", platform, 600, ACME_LINK=link_for(platform, "admin", "Pia Preview", "preview@example.com"))


def test_releases_as_an_operator_sees_them_from_the_canary_to_the_night(start_platform):
    platform = start_platform()
    deployer = Deployer(platform)
    viewer = link_for(platform, "viewer", "Vera Viewer")
    second = link_for(platform, "operator", "Olga Operator")
    releases = {"ACME_FIRST": deployer.first, "ACME_GOOD": deployer.add("good"),
                "ACME_BAD": deployer.add("bad", fail_every=2)}
    traffic = subprocess.Popen(under_account([str(platform.home.binary), "load", "--rps", "40", "--for", "30m"]),
                               env=platform.environment, cwd=platform.home.path, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        run_story("releases.test.mjs", platform, 900, ACME_LINK=link_of(platform), **releases,
                  ACME_COMMAND=command_of(platform), ACME_VIEWER_LINK=viewer, ACME_SECOND_LINK=second)
        assert traffic.poll() is None, "the traffic ended before the story"
    finally:
        traffic.terminate()
        traffic.wait(60)


def test_somebody_signs_in_with_an_account_elsewhere(start_platform):
    port = free_port()
    platform = start_platform("--app-nodes", "1", environment={
        "OIDC_PROVIDERS": "there", "OIDC_THERE_TITLE": "Over There", **variables("there", f"http://127.0.0.1:{port}")})
    url = platform.environment["ACME_URL"]  # where providers send people back to
    with provider(port, url + "/v1/auth/oidc/there/callback"):
        run_story("elsewhere.test.mjs", platform, 600, ACME_URL=url, ACME_EMAIL="grace@example.com",
                  ACME_LINK=link_of(platform, "grace@example.com"))
