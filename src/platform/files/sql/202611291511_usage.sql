-- What an organization's files take, and what its uploads may still take. Read
-- src/platform/files/usage.hpp first.
CREATE TABLE org_usage (
    org_id         uuid PRIMARY KEY,
    bytes_used     bigint      NOT NULL DEFAULT 0,
    bytes_reserved bigint      NOT NULL DEFAULT 0,
    counted_at     timestamptz                     -- anew from the files themselves; null: never
);

-- Serves files.recount: those that were counted longest ago.
CREATE INDEX org_usage_counted ON org_usage (counted_at NULLS FIRST);

-- Of what its upload may still take; 0 from ready on.
ALTER TABLE files ADD COLUMN reserved bigint NOT NULL DEFAULT 0;

INSERT INTO org_usage (org_id, bytes_used)
SELECT org_id, sum(bytes) FROM files WHERE state = 'ready' GROUP BY org_id;
