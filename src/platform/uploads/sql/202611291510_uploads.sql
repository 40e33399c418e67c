-- Uploads that come in parts, over many requests. Read src/platform/uploads/uploads.hpp first.
CREATE TABLE uploads (
    id              uuid        PRIMARY KEY,
    org_id          uuid        NOT NULL,
    owner_id        uuid        NOT NULL,
    file_id         uuid        NOT NULL UNIQUE,     -- what it becomes; that row is there before it
    protocol        text        NOT NULL CHECK (protocol IN ('tus', 'direct')),
    state           text        NOT NULL CHECK (state IN ('open', 'ready', 'ended')),
    name            text        NOT NULL,
    declared_type   text        NOT NULL,
    metadata        text        NOT NULL DEFAULT '', -- Upload-Metadata, as it was sent
    length          bigint,                          -- null: not said yet
    received        bigint      NOT NULL DEFAULT 0,  -- acknowledged: stored in parts and the tail
    part_bytes      bigint      NOT NULL,            -- of each part but the last
    key             text        NOT NULL,            -- of the object that it becomes
    store_id        text,                            -- the store's name for it; null: no part yet
    content_type    text,                            -- what the first bytes say; null as store_id
    next_part       integer     NOT NULL DEFAULT 1,  -- a number that was given to nobody yet
    tail_bytes      bigint      NOT NULL DEFAULT 0,  -- too few for a part, in an object of their own
    tail_epoch      bigint,                          -- which names that object; null: none
    sha256_state    text,                            -- hex, after the parts, without the tail
    sha256          text,                            -- hex, of the whole, when all has come
    declared_sha256 text,                            -- hex; null: nothing was promised
    lock_epoch      bigint      NOT NULL DEFAULT 0,  -- who holds an older one may not write
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,            -- slides with each part
    ended_at        timestamptz,                     -- ready, given up, or too old
    cleaned_at      timestamptz,                     -- and nothing of it is left in the store
    CHECK (length IS NULL OR received <= length),
    CHECK ((state = 'open') = (ended_at IS NULL))
);

-- Serve the sweeper: what was given up, what is left in the store, what may be forgotten.
CREATE INDEX uploads_expired ON uploads (expires_at) WHERE state = 'open';
CREATE INDEX uploads_unclean ON uploads (ended_at) WHERE state <> 'open' AND cleaned_at IS NULL;
CREATE INDEX uploads_ended ON uploads (cleaned_at) WHERE state <> 'open';

-- What the store has of an upload, and has told so.
CREATE TABLE upload_parts (
    upload_id uuid    NOT NULL REFERENCES uploads ON DELETE CASCADE,
    n         integer NOT NULL,
    org_id    uuid    NOT NULL,
    bytes     bigint  NOT NULL,
    etag      text    NOT NULL,
    PRIMARY KEY (upload_id, n)
);
