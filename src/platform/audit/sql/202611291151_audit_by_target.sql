-- For GET /v1/audit?target=. Read src/platform/audit/entries.hpp first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_entries_target ON audit_entries (target, id);
