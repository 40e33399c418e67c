-- Passkeys of users. Read src/platform/factors/passkeys.hpp first.
CREATE TABLE credentials_webauthn (
    id            uuid PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users,
    credential_id text        NOT NULL UNIQUE,  -- base64url, as browsers name it
    algorithm     int         NOT NULL,         -- of COSE
    public_key    text        NOT NULL,         -- base64url, as libfido2 takes it
    sign_count    bigint      NOT NULL,         -- of the authenticator, 0 where it counts nothing
    name          text        NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);

CREATE INDEX credentials_webauthn_user ON credentials_webauthn (user_id, id);

-- Challenges carry their own proof and are written down only once they were answered.
CREATE TABLE used_challenges (
    hash       text PRIMARY KEY,  -- base64url SHA-256
    expires_at timestamptz NOT NULL
);

CREATE INDEX used_challenges_expiry ON used_challenges (expires_at);
