-- Who is signed in. The truth; Redis and the nodes hold copies. Read
-- src/platform/sessions/sessions.hpp first.
CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    org_id       uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    token_hash   text        NOT NULL UNIQUE,  -- base64url SHA-256 of what the cookie carries
    token_epoch  bigint      NOT NULL,         -- the user's when it began: another one ends it
    method       text        NOT NULL,         -- "password", "link"
    user_agent   text        NOT NULL,
    ip           text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,         -- to five minutes
    expires_at   timestamptz NOT NULL,         -- 14 days after last_seen_at, 90 after created_at
    revoked_at   timestamptz,
    reason       text
);

CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
