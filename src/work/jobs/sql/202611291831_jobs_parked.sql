-- Serves job_keys_settle: who of a key is next.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_parked ON jobs (queue_id, key, priority, parked_due_at, id)
    WHERE parked_due_at IS NOT NULL;
