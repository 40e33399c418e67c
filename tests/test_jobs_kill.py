"""Two real workers that are killed and drained every few seconds while they work: no job is lost, each ends once, a key's
limit holds, and a drain is no attempt."""

import itertools
import os
import signal

from conftest import until

COUNT = 12_000
KEYED = 600
KIND = "idempotency.sweep"  # does something in the database, and may be done often


def enqueue(platform):
    platform.sql(f"""INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id, priority)
        SELECT 'default', '{KIND}', '{{}}', now(), '', '', n % 3 + 4 FROM generate_series(1, {COUNT}) AS n""")
    platform.sql(f"""SELECT count(job_enqueue('', 'default', '{KIND}', '{{}}', 5, NULL, NULL, NULL, NULL,
        'key-' || n % 20, 2, NULL, NULL, NULL, 1, '', '')) FROM generate_series(1, {KEYED}) AS n""")


def test_workers_killed_and_drained_in_turns_lose_no_job_end_none_twice_and_keep_every_limit(start_platform):
    platform = start_platform("--app-nodes", "1")
    platform.sql("""UPDATE job_queues SET keep_done_s = 86400;
        CREATE TABLE too_many (key text, running bigint);
        CREATE FUNCTION count_key() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE running bigint;
        BEGIN
            SELECT count(*) INTO running FROM jobs WHERE key = NEW.key AND parked_due_at IS NULL;
            IF running > 2 THEN INSERT INTO too_many VALUES (NEW.key, running); END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER count_key AFTER UPDATE ON jobs FOR EACH ROW
            WHEN (NEW.key IS NOT NULL AND NEW.lease > 0) EXECUTE FUNCTION count_key();
        GRANT ALL ON too_many TO PUBLIC""")
    enqueue(platform)

    def left():
        return int(platform.sql(f"SELECT count(*) FROM jobs WHERE kind = '{KIND}'"))

    ways = itertools.cycle([("worker-1", signal.SIGKILL), ("worker-2", signal.SIGTERM),
                            ("worker-2", signal.SIGKILL), ("worker-1", signal.SIGTERM)])
    killed = 0
    for _ in range(12):
        before = left()
        until(lambda before=before: left() < before or before == 0, seconds=60)
        name, number = next(ways)
        pid = platform.pid(name)
        os.kill(pid, number)
        killed += number == signal.SIGKILL
        until(lambda name=name, pid=pid: platform.pid(name) not in (None, pid), seconds=60)
        if left() < COUNT // 4:
            enqueue(platform)
    assert killed == 6
    until(lambda: left() == 0, seconds=240, pause=1)

    added = int(platform.sql(f"SELECT count(*) FROM job_ends WHERE kind = '{KIND}'"))
    assert added >= COUNT + KEYED and added % (COUNT + KEYED) == 0
    assert platform.sql(f"SELECT count(DISTINCT id) FROM job_ends WHERE kind = '{KIND}'") == str(added)
    assert platform.sql("SELECT count(*) FROM jobs_dead") == "0"
    assert platform.sql("SELECT count(*) FROM too_many") == "0"
    assert platform.sql("SELECT count(*) FROM job_attempts WHERE outcome NOT IN ('rescued', 'interrupted')") == "0"
    # An attempt is one that ran to its end, or that a killed worker took with it.
    assert platform.sql(f"""SELECT count(*) FROM job_ends e WHERE kind = '{KIND}' AND attempt <> 1 + (
        SELECT count(*) FROM job_attempts a WHERE a.job_id = e.id AND a.outcome = 'rescued')""") == "0"
    until(lambda: platform.sql("SELECT count(*) FROM job_keys") == "0", seconds=10)
