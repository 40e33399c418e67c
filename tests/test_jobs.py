"""Jobs of the real workers when these are killed in the midst of them (C-13)."""

import os
import signal
import subprocess

from conftest import under_account, until
from people import sign_in

COUNT = 30


def test_workers_killed_in_the_midst_of_jobs_lose_none_and_do_none_twice(start_platform):
    platform = start_platform("--app-nodes", "1")
    api = sign_in(platform)
    headers = {"Content-Type": "application/octet-stream"}
    stays = api.post("/v1/files", params={"name": "stays.txt"}, data=b"x", headers=headers).json()
    files = [api.post("/v1/files", params={"name": f"goes-{number}.txt"}, data=b"x", headers=headers).json()["id"]
             for number in range(COUNT)]
    platform.sql("""CREATE TABLE noted (file uuid);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO noted VALUES (NEW.id); RETURN NEW; END';
        CREATE TRIGGER note AFTER UPDATE OF removed_at ON files FOR EACH ROW EXECUTE FUNCTION note();
        GRANT ALL ON noted TO PUBLIC""")

    def objects():
        return sum(path.is_file() for path in (platform.data / "objects/acme/objects").rglob("fil_*"))

    def jobs(condition="true"):
        return int(platform.sql(f"SELECT count(*) FROM jobs WHERE kind = 'files.remove_object' AND {condition}"))

    for name in ("worker-1", "worker-2"):
        platform.kill(name, signal.SIGSTOP)
    for file in files:
        assert api.delete(f"/v1/files/{file}").status_code == 204
    assert (jobs(), objects()) == (COUNT, COUNT + 1)
    # A job removes the object and then notes it in its row, which it cannot while this lasts.
    barrier = subprocess.Popen(
        under_account(["psql", "--no-psqlrc", "-h", platform.state["run"], "-U", "postgres", "-d", "acme", "-q"]),
        stdin=subprocess.PIPE, text=True, env=platform.base_environment())
    barrier.stdin.write("BEGIN; LOCK TABLE files IN EXCLUSIVE MODE;\n")
    barrier.stdin.flush()
    until(lambda: platform.sql("SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND granted "
                               "AND relation = 'files'::regclass") == "1")
    before = {name: platform.pid(name) for name in ("worker-1", "worker-2")}
    for pid in before.values():
        os.kill(pid, signal.SIGCONT)
    until(lambda: objects() < COUNT + 1 and jobs("lease IS NOT NULL") > 0, seconds=60)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    assert jobs() == COUNT
    until(lambda: all(platform.pid(name) != pid for name, pid in before.items()), seconds=60)
    barrier.stdin.close()  # and so the transaction ends
    barrier.wait(30)

    until(lambda: jobs() == 0, seconds=120)

    assert objects() == 1
    assert platform.sql("SELECT count(*), count(DISTINCT file) FROM noted") == f"{COUNT}|{COUNT}"
    assert platform.sql("SELECT count(*) FROM files WHERE state = 'deleted' AND removed_at IS NULL") == "0"
    assert api.get(f"/v1/files/{stays['id']}/content", stream=True).content == b"x"
    assert any("signal 9" in line for line in platform.said)
