-- For GET /v1/audit?actor=. Read src/platform/audit/entries.hpp first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_entries_actor ON audit_entries (actor, id);
