-- Serves jobs.claim_suspect: what may have taken its worker with it is run one at a time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_suspect ON jobs (due_at, id)
    WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues > 0;
