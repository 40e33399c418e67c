-- Serves schedule.due: what the leader looks at next.
CREATE INDEX CONCURRENTLY IF NOT EXISTS schedules_due ON schedules (next_at) WHERE org_id <> '' AND paused_at IS NULL;
