-- Serves the lists of an organization.
CREATE INDEX CONCURRENTLY IF NOT EXISTS schedules_of_org ON schedules (org_id, name);
