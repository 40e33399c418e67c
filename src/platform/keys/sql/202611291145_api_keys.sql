-- How programs call in a user's name. Read src/platform/keys/keys.hpp first.
CREATE TABLE api_keys (
    id            uuid PRIMARY KEY,
    org_id        uuid        NOT NULL,
    user_id       uuid        NOT NULL,
    short         text        NOT NULL UNIQUE,  -- eight characters of the key that are no secret
    key_hash      text        NOT NULL,         -- base64url SHA-256 of the whole key
    name          text        NOT NULL,
    scopes        text        NOT NULL,         -- "files:read files:write"
    limit_per_min bigint,                       -- an administrator's; NULL: the user's quota
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,         -- a year after created_at at most
    last_used_at  timestamptz,                  -- to five minutes
    revoked_at    timestamptz,
    replaced_by   uuid
);

CREATE INDEX api_keys_user ON api_keys (user_id, id);
