"""The audit as an operator meets it (C-12): a chain that is whole whatever dies, names what was tampered with, and can be
exported and computed again by anybody."""

import contextlib
import csv
import datetime
import hashlib
import io
import json
import pathlib

import pytest
from conftest import Home, Platform, until
from people import sign_in

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
HASHED = ("actor", "action", "target", "before", "after", "request_id", "ip")


@pytest.fixture(scope="module")
def own():
    """A platform whose workers die and whose rows are forged: nobody else's."""
    platform = Platform(Home())
    try:
        yield platform.start()
    finally:
        platform.stop()
        platform.home.remove()


def verdict_of(platform, *options):
    done = platform.run("audit", "verify", "--json", *options, check=False)
    verdict = json.loads(done.stdout)
    assert (done.returncode == 0) == verdict["whole"], done
    return verdict


def wait_for_seals(platform):
    """A second or so after a change, by the schedule and a worker."""
    return until(lambda: next((verdict for verdict in [verdict_of(platform)] if verdict["waiting"] == 0), None), seconds=60)


def exported(platform, *options):
    return list(csv.DictReader(io.StringIO(platform.run("audit", "export", "--format", "csv", *options).stdout)))


def uuid_of(prefixed):
    """"aud_01…" as PostgreSQL writes it."""
    number = 0
    for letter in prefixed[4:]:
        number = number << 5 | CROCKFORD.index(letter)
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def hash_of(row):
    """As docs/operations/audit.md tells it."""
    since_1970 = datetime.datetime.fromisoformat(row["created_at"].replace("Z", "+00:00")) - EPOCH
    micros = since_1970 // datetime.timedelta(microseconds=1)
    fields = [uuid_of(row["id"]), str(micros), uuid_of(row["org"]) if row["org"] else "", *(row[name] for name in HASHED)]
    text = row["prev_hash"].encode()
    for field in fields:
        text += str(len(field.encode())).encode() + b":" + field.encode()
    return hashlib.sha256(text).hexdigest()


def test_an_export_can_be_computed_again_by_anybody(own):
    api = sign_in(own)
    sign_in(own, "somebody@example.com")
    verdict = wait_for_seals(own)
    rows = exported(own)
    chain = sorted((row for row in rows if row["position"]), key=lambda row: int(row["position"]))
    assert [int(row["position"]) for row in chain] == list(range(1, len(chain) + 1))
    assert len(chain) >= verdict["sealed"] >= 3
    before = "0" * 64
    for row in chain:
        assert row["prev_hash"] == before and hash_of(row) == row["hash"], row
        before = row["hash"]
    kept_at, kept = verdict["anchor"].split(":")
    assert chain[int(kept_at) - 1]["hash"] == kept

    lines = own.run("audit", "export", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines[:len(rows)]] == [row["id"] for row in rows]
    org = next(row["org"] for row in rows if row["action"] == "sessions.begin")
    theirs = exported(own, "--org", org)
    assert 0 < len(theirs) < len(rows) and {row["org"] for row in theirs} == {org}
    middle = rows[len(rows) // 2]["created_at"]
    earlier, later = exported(own, "--until", middle), exported(own, "--since", middle)
    # Ids of one millisecond are in no order, and the cut may lie within it.
    assert sorted(row["id"] for row in earlier + later)[:len(rows)] == [row["id"] for row in rows]
    assert earlier and later

    listed = api.get("/v1/audit?action=sessions.begin&limit=200").json()["data"]
    assert {row["action"] for row in listed} == {"sessions.begin"}
    assert api.get("/v1/audit?since=yesterday").status_code == 422


def test_a_sealer_that_is_killed_leaves_a_chain_that_fits(own):
    anchor = wait_for_seals(own)["anchor"]
    for turn in range(4):
        # Counted in the same transaction: to the next statement the sealer may have done with all of them.
        told = own.sql("WITH made AS (INSERT INTO audit_entries (actor, action, target, before, after, request_id, ip) "
                       "SELECT 'test', 'test.many', n::text, '', '', '', '' FROM generate_series(1, 3000) n RETURNING id) "
                       "INSERT INTO audit_unsealed SELECT id FROM made; SELECT count(*) FROM audit_unsealed")
        left = int(told.split()[-1])
        until(lambda: int(own.sql("SELECT count(*) FROM audit_unsealed")) < left, seconds=60)  # it is at work
        for name in own.names("worker"):
            with contextlib.suppress(ProcessLookupError):  # one may not have come back since the last time
                own.kill(name)
        verdict = verdict_of(own, "--anchor", anchor)
        assert verdict["whole"], verdict
        anchor = verdict["anchor"]
    until(lambda: own.sql("SELECT count(*) FROM audit_unsealed") == "0", seconds=60)
    verdict = verdict_of(own, "--anchor", anchor)
    assert verdict["whole"] and verdict["sealed"] >= 12_000, verdict
    assert own.sql("SELECT count(*) - max(position) FROM audit_seals") == "0"


def run_job(platform, kind):
    """At once, what is done every hour."""
    platform.sql("INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id) "
                 f"VALUES ('default', '{kind}', '{{}}', now(), '', '')")


def keep_anchor(platform):
    """That of today, anew: a day keeps its first one."""
    folder = platform.data / "objects/acme/objects/audit/anchors"
    for kept in folder.glob("*"):
        kept.unlink()
    run_job(platform, "audit.anchor")
    return until(lambda: next(folder.glob("*"), None), seconds=30)


def test_a_day_has_one_anchor_that_files_do_not_sweep_away(own):
    sign_in(own)
    before = wait_for_seals(own)
    kept = keep_anchor(own)
    text = kept.read_text()
    position, digest = text.splitlines()[0].split(":")
    assert int(position) >= before["sealed"] and len(digest) == 64
    sign_in(own)
    run_job(own, "audit.anchor")
    run_job(own, "files.sweep")
    until(lambda: own.sql("SELECT count(*) FROM jobs WHERE kind IN ('audit.anchor', 'files.sweep')") == "0", seconds=30)
    assert kept.read_text() == text
    assert verdict_of(own)["days"] == 1
    said = own.run("audit", "verify").stdout
    assert f"It goes through the anchors that the object store has of 1 day, {kept.name}." in said


def test_entries_go_after_400_days(own):
    """As if the first three were old: whoever could make them so is the database's administrator."""
    sign_in(own)
    wait_for_seals(own)
    own.sql("""SET session_replication_role = replica;
        UPDATE audit_entries SET created_at = created_at - interval '402 days'
        WHERE id IN (SELECT entry_id FROM audit_seals WHERE position <= 3)""")
    assert verdict_of(own)["wrong"] == 3, "they were forged, until they are gone"
    run_job(own, "audit.retire")
    until(lambda: own.sql("SELECT max(position) FROM audit_beginnings") == "3", seconds=30)
    verdict = wait_for_seals(own)
    assert verdict["whole"] and verdict["retired"] == 3
    rows = exported(own)
    assert min(int(row["position"]) for row in rows if row["position"]) == 4
    assert [row["target"] for row in rows if row["action"] == "audit.retire"] == ["3"]
    for statement in ("DELETE FROM audit_seals WHERE position = 4", "UPDATE audit_beginnings SET position = 1"):
        with pytest.raises(AssertionError, match="audit entries are never changed"):
            own.sql(statement)


def test_the_role_of_the_nodes_can_neither_change_nor_remove_an_entry(own):
    """Nor can whoever has taken a node over with all that it knows."""
    roles = own.sql("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'acme%'")
    assert roles == "acme_app"
    for node in [*own.names("serve"), *own.names("worker")]:
        assert b"MIGRATION_DATABASE_URL" not in pathlib.Path(f"/proc/{own.pid(node)}/environ").read_bytes()
    before = own.sql("SELECT count(*), max(position) FROM audit_seals")
    for statement in ("UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries", "TRUNCATE audit_seals",
                      "UPDATE audit_seals SET hash = ''", "DELETE FROM audit_seals", "DELETE FROM audit_beginnings",
                      "INSERT INTO audit_beginnings VALUES (1, '', now(), now())"):
        with pytest.raises(AssertionError, match="permission denied for table audit_"):
            own.sql(statement, role="acme_app")
    for statement in ("ALTER TABLE audit_entries DISABLE TRIGGER ALL", "DROP TABLE audit_seals", "SET ROLE acme",
                      "SET session_replication_role = replica"):
        with pytest.raises(AssertionError, match="must be owner|permission denied"):
            own.sql(statement, role="acme_app")
    count, last = own.sql("SELECT count(*), max(position) FROM audit_seals").split("|")
    assert (int(count), int(last)) >= tuple(map(int, before.split("|")))


def test_rows_that_were_tampered_with_are_named(own):
    """By whoever is the database's administrator and switches the guards off; comes last, for nothing mends it."""
    sign_in(own)
    wait_for_seals(own)
    day = keep_anchor(own)
    last = int(day.read_text().split(":")[0])
    chain = {int(row["position"]): row["id"] for row in exported(own) if row["position"]}
    second = min(chain) + 1
    own.sql(f"""SET session_replication_role = replica;
        UPDATE audit_entries SET actor = 'nobody' WHERE id = (SELECT entry_id FROM audit_seals WHERE position = {second});
        DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE position = {last - 1});
        DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE position = {last});
        DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE position > {last});
        DELETE FROM audit_seals WHERE position >= {last};
        INSERT INTO audit_entries (actor, action, target, before, after, request_id, ip)
            VALUES ('eve', 'files.delete', 'x', '', '', '', '')""")
    verdict = verdict_of(own)
    found = {(finding["wrong"], finding["position"], finding["entry"]) for finding in verdict["findings"]}
    put_in = next(row["id"] for row in exported(own) if row["actor"] == "eve")
    assert {("changed", second, chain[second]), ("missing", last - 1, chain[last - 1]), ("inserted", None, put_in)} <= found
    assert any(finding["position"] == last and f"anchor of {day.name}" in finding["about"] for finding in verdict["findings"])
    said = own.run("audit", "verify", check=False)
    assert said.returncode == 1
    assert f"changed   position {second}  {chain[second]}" in said.stdout and "(audit.broken)" in said.stderr
