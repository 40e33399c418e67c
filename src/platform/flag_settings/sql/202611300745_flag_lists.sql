-- The members of long segments, which rule sets name by id: made once, never changed.
CREATE TABLE flag_lists (
    id         text        PRIMARY KEY,  -- the first 32 hex digits of SHA-256 of the document
    payload    bytea       NOT NULL,     -- the segment with its members: JSON, compressed by gzip
    created_at timestamptz NOT NULL
);

-- It is compressed already.
ALTER TABLE flag_lists ALTER COLUMN payload SET STORAGE EXTERNAL;

-- In flag_lists; '' of a short one, and of one whose members have not changed since there are lists.
ALTER TABLE flag_segments ADD COLUMN list text NOT NULL DEFAULT '';
