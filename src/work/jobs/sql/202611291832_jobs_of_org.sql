-- Serves the lists of an organization's jobs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_of_org ON jobs (org_id, id) WHERE org_id <> '';
