-- Uploaded files; their bytes lie in object storage. Read src/platform/files/files.hpp first.
CREATE TABLE files (
    id            uuid        PRIMARY KEY,
    org_id        uuid        NOT NULL,
    owner_id      uuid        NOT NULL,
    name          text        NOT NULL,
    declared_type text        NOT NULL,
    state         text        NOT NULL CHECK (state IN ('uploading', 'ready', 'deleted')),
    key           text        NOT NULL UNIQUE,  -- of the object; the row is there before it
    begun_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,  -- an upload that is not ready by then never will be
    content_type  text,                  -- these four from ready on
    bytes         bigint,
    sha256        text,                  -- hex
    ready_at      timestamptz,
    deleted_at    timestamptz,
    removed_at    timestamptz,           -- the object is gone too
    CHECK (
        state = 'uploading'
        OR (content_type IS NOT NULL AND bytes IS NOT NULL AND sha256 IS NOT NULL
            AND ready_at IS NOT NULL)
    ),
    CHECK ((state = 'deleted') = (deleted_at IS NOT NULL))
);

-- Serves files.list: an organization's files, newest first.
CREATE INDEX files_ready ON files (org_id, ready_at DESC, id DESC) WHERE state = 'ready';

-- Serve the sweeper: what was given up, and what was deleted long ago.
CREATE INDEX files_expired ON files (expires_at) WHERE state = 'uploading';
CREATE INDEX files_removed ON files (removed_at) WHERE state = 'deleted';
