-- Serves jobs.cycle: a range for each queue and priority. What was rescued goes by jobs_suspect.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_ready ON jobs (queue_id, priority, due_at, id)
    WHERE coalesce(lease, 0) = 0 AND refusal IS NULL AND rescues = 0;
