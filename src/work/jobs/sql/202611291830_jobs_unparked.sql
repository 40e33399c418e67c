-- Serves job_keys_settle: how many of a key are due or running.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_unparked ON jobs (queue_id, key)
    WHERE key IS NOT NULL AND parked_due_at IS NULL;
