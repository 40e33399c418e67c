-- What people who read the mail of an address can prove it with, once. Read
-- src/platform/accounts/proofs.hpp first.
CREATE TABLE email_proofs (
    id         uuid PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('sign_up', 'reset')),
    email      text        NOT NULL,
    email_norm text        NOT NULL,
    name       text        NOT NULL,            -- of who signs up
    sealed     text,                            -- the hash of their password, encrypted
    attempts   int         NOT NULL DEFAULT 0,  -- at its code
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    mailed_at  timestamptz,                     -- before that it is good for nothing
    used_at    timestamptz
);

CREATE INDEX email_proofs_address ON email_proofs (email_norm, kind);
CREATE INDEX email_proofs_expiry ON email_proofs (expires_at);

ALTER TABLE users ADD COLUMN email_verified_at timestamptz;
