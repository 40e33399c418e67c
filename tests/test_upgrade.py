"""What the previous landing left in its `.acme/`, started by this binary: tests/upgrade/README.md."""

import hashlib
import json
import lzma
import os
import pathlib
import shutil
import subprocess

import pytest
import requests
from api import Api
from conftest import ACCOUNT, Home, under_account, until

FIXTURE = pathlib.Path(__file__).resolve().parent / "upgrade"
FACTS = json.loads((FIXTURE / "facts.json").read_text())


@pytest.fixture(scope="module")
def home():
    """The folder that the previous landing's user has, at another place."""
    made = Home()
    made.data.mkdir()
    if pathlib.Path.owner(made.path) == ACCOUNT:
        shutil.chown(made.data, ACCOUNT, ACCOUNT)
    subprocess.run(under_account(["tar", "-x", "-C", str(made.data)]), check=True,
                   input=lzma.decompress((FIXTURE / "home.tar.xz").read_bytes()))
    made_by = int((made.data / "postgres/PG_VERSION").read_text())
    newest = max(int(path.name) for path in pathlib.Path("/usr/lib/postgresql").iterdir())
    if newest != made_by:
        made.remove()
        cannot = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        cannot(f"the data were made by PostgreSQL {made_by}, installed is {newest}")
    yield made
    made.remove()


def test_the_data_of_the_previous_landing_are_whole_after_an_upgrade(start_platform, home):
    platform = start_platform(home=home)
    assert platform.link is None, "an administrator was made although there is one"
    for table, kept in FACTS["tables"].items():
        rows = platform.sql(f"SELECT md5(ROW({kept['columns']})::text) FROM {table}").split()
        assert set(kept["rows"]) <= set(rows), f"rows of {table} are gone or changed"
    applied = json.loads(platform.run("migrate", "--status", "--json").stdout)["migrations"]
    assert set(FACTS["migrations"]) <= {migration["name"] for migration in applied}
    assert [one for one in applied if one["problem"] or not one["applied_at"]] == []
    platform.run("audit", "verify")  # which fails where the chain is broken
    # The role of the nodes was made in this older cluster.
    whose = "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'acme%'"
    until(lambda: platform.sql(whose) == "acme_app", 30)  # a command's session may end a moment after it
    rights = "has_table_privilege('acme_app', 'audit_entries', 'DELETE'), has_table_privilege('acme_app', 'users', 'DELETE')"
    assert platform.sql(f"SELECT {rights}") == "f|t"

    for person in FACTS["people"]:
        name, value = person["cookie"].split("=", 1)
        for node in platform.names("serve"):  # nobody is signed out
            me = requests.get(platform.node_url(node) + "/v1/me", cookies={name: value}, timeout=30)
            assert (me.status_code, me.json().get("email")) == (200, person["email"])
        api = Api(platform.url)
        signed_in = api.post("/v1/auth/login", json={key: person[key] for key in ("email", "password")})
        assert signed_in.status_code == 200, signed_in.text
        listed = api.get("/v1/files").json()["data"]
        assert [{key: file[key] for key in ("id", "name", "size", "sha256")} for file in listed] == person["files"]
        for file in person["files"]:
            content = api.get(f"/v1/files/{file['id']}/content", stream=True).content
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]
        made = api.post("/v1/files", params={"name": "new.txt"}, data=b"new",
                        headers={"Content-Type": "application/octet-stream"})
        assert made.status_code == 201, made.text

    # The job that the old workers did not get to any more.
    until(lambda: not (platform.data / "objects/acme/objects" / FACTS["to_be_removed"]).exists(), seconds=60)
