"""Jobs of every sort, and a database that writes down what must never happen: what tests of workers that die have in
common. Triggers see each row as it changes, so nothing that lasts a moment is missed."""

import secrets
import subprocess
import threading
import uuid

from conftest import until

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
KIND = "idempotency.sweep"  # does something in the database, and may be done often
MARK = "kept"  # the request that asked for them
KEYS, KEY_MAX = 20, 2
CAP = 3
RATE, BURST = 40, 20

RULES = f"""
UPDATE job_queues SET keep_done_s = 86400;
INSERT INTO job_queues (org_id, name, running_max, keep_done_s) VALUES ('', 'capped', {CAP}, 86400);
INSERT INTO job_queues (org_id, name, rate_per_s, rate_burst, keep_done_s) VALUES ('', 'rated', {RATE}, {BURST}, 86400);
CREATE TABLE added (id bigint);
CREATE TABLE broken (rule text, what text);
CREATE TABLE begun (number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz);
CREATE TABLE answered (id uuid);
CREATE UNIQUE INDEX only_one ON jobs (org_id, unique_key) WHERE unique_key IS NOT NULL;

CREATE FUNCTION note_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO added VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_added AFTER INSERT ON jobs FOR EACH ROW WHEN (NEW.request_id = '{MARK}') EXECUTE FUNCTION note_added();

CREATE FUNCTION judge_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    running bigint;
BEGIN
    IF NEW.key IS NOT NULL THEN
        SELECT count(*) INTO running FROM jobs
        WHERE queue_id = NEW.queue_id AND key = NEW.key AND parked_due_at IS NULL;
        IF running > {KEY_MAX} THEN INSERT INTO broken VALUES ('key', NEW.key || ': ' || running); END IF;
    ELSIF NEW.queue = 'capped' THEN
        SELECT count(*) INTO running FROM jobs WHERE queue_id = NEW.queue_id AND lease > 0;
        IF running > {CAP} THEN INSERT INTO broken VALUES ('running_max', running::text); END IF;
    ELSIF NEW.queue = 'rated' THEN
        INSERT INTO begun (at) SELECT at FROM job_rates WHERE queue_id = NEW.queue_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER judge_claim AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.lease > 0 AND NEW.lease IS DISTINCT FROM OLD.lease) EXECUTE FUNCTION judge_claim();

CREATE FUNCTION note_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO answered VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_answer AFTER UPDATE ON pings FOR EACH ROW WHEN (NEW.id = NEW.user_id) EXECUTE FUNCTION note_answer();
GRANT ALL ON added, broken, begun, answered TO PUBLIC;
"""

# A transaction each; whether one that was cut off was committed is seen by what it added.
ADD = f"""
INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id, priority)
    SELECT 'default', '{KIND}', '{{}}', now(), '', '{MARK}', n %% 3 + 4 FROM generate_series(1, %(plain)s) AS n;
INSERT INTO jobs (queue, queue_id, kind, args, due_at, traceparent, request_id)
    SELECT name, id, '{KIND}', '{{}}', now(), '', '{MARK}' FROM job_queues, generate_series(1, %(limited)s)
    WHERE org_id = '' AND name IN ('capped', 'rated');
SELECT count(job_enqueue('', 'default', '{KIND}', '{{}}', 5, NULL, NULL, NULL, NULL, 'key-' || n %% {KEYS}, {KEY_MAX},
    NULL, NULL, NULL, 1, '', '{MARK}')) FROM generate_series(1, %(keyed)s) AS n;
"""
ASK_FOR_THE_ONLY_ONE = f"""SELECT count(job_enqueue('', 'default', '{KIND}', '{{}}', 5, NULL, NULL, NULL, NULL, NULL, 1,
    ('only-' || n % 7)::bytea, NULL, NULL, 1, '', '{MARK}')) FROM generate_series(1, 20) AS n"""


def ping_id(number):
    return "png_" + "".join(DIGITS[number >> 5 * place & 31] for place in range(25, -1, -1))


class KeptJobs:
    """What was added to a platform, and what became of it."""

    def __init__(self, platform):
        self.platform = platform
        self.refused = []
        platform.sql(RULES)

    def sql(self, statement):
        """Until there is a database that answers; "" when it was cut off, and may have been done."""
        try:
            return self.platform.sql(statement)
        except (AssertionError, subprocess.TimeoutExpired, OSError):
            return ""

    def ask(self, statement):
        return until(lambda: self.sql(statement), 60)

    def add(self, plain=1_000, keyed=100, limited=50, pings=100):
        """Over and over, until one was surely done."""
        ids = [uuid.UUID(bytes=secrets.token_bytes(16), version=4) for _ in range(pings)]
        rows = ", ".join(f"('{one}'::uuid, '\"{ping_id(one.int)}\"')" for one in ids)
        answers = f"""WITH ping (id, args) AS (VALUES {rows}), made AS (
                INSERT INTO pings (id, user_id) SELECT id, id FROM ping)
            INSERT INTO jobs (queue, kind, args, due_at, traceparent, request_id)
            SELECT 'default', 'pings.answer', args, now(), '', '{MARK}' FROM ping; SELECT 1"""
        self.ask(ADD % {"plain": plain, "keyed": keyed, "limited": limited})
        if pings:
            self.sql(answers)  # a second time it would be refused, were it done

    def ask_for_the_only_ones(self, ended):
        """From two sides at once, all the while; a refusal is the unique index's."""
        def ask():
            while not ended.is_set():
                try:
                    self.platform.sql(ASK_FOR_THE_ONLY_ONE)
                except AssertionError as failed:
                    if "only_one" in str(failed):
                        self.refused.append(str(failed))
                    ended.wait(0.5)
                except (subprocess.TimeoutExpired, OSError):
                    ended.wait(0.5)
                ended.wait(0.05)
        sides = [threading.Thread(target=ask) for _ in range(2)]
        for side in sides:
            side.start()
        return sides

    def left(self):
        return int(self.ask(f"SELECT count(*) FROM jobs WHERE request_id = '{MARK}'"))

    def verify(self, seconds=120):
        """All have ended, each once, and no rule was ever broken."""
        until(lambda: self.left() == 0, seconds, pause=1)
        sql = self.platform.sql
        assert self.refused == []
        assert sql("SELECT string_agg(rule || ' ' || what, ', ') FROM broken") == ""
        lost = sql("SELECT count(*) FROM added a WHERE NOT EXISTS (SELECT FROM job_ends e WHERE e.id = a.id)")
        assert lost == "0"
        ended = sql(f"SELECT count(*), count(DISTINCT id) FROM job_ends WHERE request_id = '{MARK}'").split("|")
        assert ended[0] == ended[1] == sql("SELECT count(*) FROM added")
        assert sql(f"SELECT string_agg(DISTINCT outcome, ',') FROM job_ends WHERE request_id = '{MARK}'") == "done"
        assert sql("SELECT count(*) FROM jobs_dead") == "0"
        # Handlers that end their job in their own transaction: one answer each, and none that was not asked for.
        assert sql("SELECT count(*) FROM pings WHERE id = user_id AND done_at IS NULL") == "0"
        assert sql("SELECT count(*), count(DISTINCT id) FROM answered") == sql("SELECT count(*), count(*) FROM pings WHERE id = user_id")
        # An attempt is one that ran to its end, that a killed worker took with it, or that a lost database failed:
        # never one that a drain interrupted.
        assert sql("SELECT string_agg(DISTINCT error_type, ',') FROM job_attempts WHERE outcome = 'retried'") in ("", "database")
        assert sql(f"""SELECT count(*) FROM job_ends e WHERE request_id = '{MARK}' AND attempt <> 1 + (
            SELECT count(*) FROM job_attempts a WHERE a.job_id = e.id AND a.outcome IN ('rescued', 'retried'))""") == "0"
        # Between any two that began at most the burst and what the time between them brings.
        assert sql(f"""SELECT count(*) FROM (
                SELECT number - {RATE} * extract(epoch FROM at) AS over, min(number - {RATE} * extract(epoch FROM at))
                    OVER (ORDER BY number) AS least FROM (
                        SELECT row_number() OVER (ORDER BY at, number) AS number, at FROM begun) AS numbered) AS each
            WHERE over - least + 1 > {BURST} + 0.001""") == "0"
        until(lambda: sql("SELECT count(*) FROM job_keys") == "0", 30)
