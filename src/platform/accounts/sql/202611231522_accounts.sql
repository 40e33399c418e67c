-- Users, the organizations they belong to, and what they sign in with. Read
-- src/platform/accounts/accounts.hpp first.
CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text        NOT NULL,
    email_norm    text        NOT NULL UNIQUE,  -- in lower case: whom a sign-in means
    name          text        NOT NULL,
    state         text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    platform_role text        CHECK (platform_role IN ('viewer', 'operator', 'admin')),
    token_epoch   bigint      NOT NULL DEFAULT 1,  -- sessions of an earlier one have ended
    version       bigint      NOT NULL DEFAULT 1,  -- of the row: its ETag, and the age of copies
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

-- Serves accounts.changed_since: what copies elsewhere have become stale.
CREATE INDEX users_updated ON users (updated_at);

CREATE TABLE credentials_password (
    user_id    uuid PRIMARY KEY REFERENCES users,
    sealed     text        NOT NULL,  -- the argon2id hash, encrypted; names its key
    updated_at timestamptz NOT NULL
);

CREATE TABLE orgs (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE memberships (
    org_id     uuid        NOT NULL REFERENCES orgs,
    user_id    uuid        NOT NULL REFERENCES users,
    role       text        NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id)
);

CREATE INDEX memberships_user ON memberships (user_id, created_at);

-- Links that work once. The token itself is nowhere but in the link.
CREATE TABLE one_time_tokens (
    hash       text PRIMARY KEY,  -- base64url SHA-256
    kind       text        NOT NULL,
    user_id    uuid        NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);
