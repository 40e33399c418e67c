-- What users prove beside their password. Read src/platform/factors/factors.hpp first.
CREATE TABLE credentials_totp (
    user_id      uuid PRIMARY KEY REFERENCES users,
    sealed       text        NOT NULL,            -- the secret, encrypted; names its key
    last_step    bigint      NOT NULL DEFAULT 0,  -- of the newest code that was taken
    tries        int         NOT NULL DEFAULT 0,  -- wrong ones since tries_since
    tries_since  timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz                      -- before that nobody is asked for it
);

CREATE TABLE recovery_codes (
    user_id    uuid        NOT NULL REFERENCES users,
    hash       text        NOT NULL,  -- base64url HMAC-SHA256, by a key that is not in the database
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (user_id, hash)
);
