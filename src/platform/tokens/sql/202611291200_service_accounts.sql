-- Programs that have an account of their own, and the keys that sign their tokens. Read
-- src/platform/tokens/service_accounts.hpp and signing_keys.hpp first.
CREATE TABLE service_accounts (
    id            uuid PRIMARY KEY,  -- of the kind of a user's, whose place it takes
    org_id        uuid        NOT NULL,
    name          text        NOT NULL,
    org_role      text        NOT NULL CHECK (org_role IN ('member', 'admin')),
    platform_role text        CHECK (platform_role IN ('viewer', 'operator', 'admin')),
    scopes        text        NOT NULL,  -- "files:read files:write"
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz
);

CREATE INDEX service_accounts_org ON service_accounts (org_id, id);

-- What an account proves itself with: a secret of ours, or a key of which it has the private half.
CREATE TABLE service_account_credentials (
    id          uuid PRIMARY KEY,
    org_id      uuid        NOT NULL,
    account_id  uuid        NOT NULL REFERENCES service_accounts,
    secret_hash text        UNIQUE,           -- base64url SHA-256 of the whole secret
    public_jwk  text,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,                  -- NULL: until the account is disabled
    CHECK ((secret_hash IS NULL) <> (public_jwk IS NULL))
);

CREATE INDEX service_account_credentials_account ON service_account_credentials (account_id, id);

CREATE TABLE signing_keys (
    id         text PRIMARY KEY,      -- the thumbprint of RFC 7638
    public_jwk text        NOT NULL,
    sealed     text        NOT NULL,  -- the private key, encrypted with one out of SECRET_KEY
    created_at timestamptz NOT NULL,
    active_at  timestamptz NOT NULL,  -- from then on it signs, until the next one's active_at
    dropped_at timestamptz            -- it was taken out at once: nothing it signed is good any more
);

-- Until the tokens end by themselves.
CREATE TABLE revoked_tokens (
    id         text PRIMARY KEY,  -- jti
    org_id     uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- What has been used once and must not be used again.
CREATE TABLE client_assertions (
    account_id uuid        NOT NULL,
    id         text        NOT NULL,  -- jti
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
