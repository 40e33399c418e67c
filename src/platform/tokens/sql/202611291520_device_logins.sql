-- Programs on a device without a browser that wait for a person to let them in. Read
-- src/platform/tokens/device_logins.hpp first.
CREATE TABLE device_logins (
    id             uuid PRIMARY KEY,
    code_hash      text        NOT NULL UNIQUE,  -- base64url SHA-256 of what the program holds
    user_code_hash text        NOT NULL UNIQUE,  -- of what the person types
    name           text        NOT NULL,         -- what the program calls itself
    scopes         text        NOT NULL,
    ip             text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('open', 'approved', 'denied', 'used')),
    org_id         uuid,                         -- of who decided; nobody's before
    user_id        uuid,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    polled_at      timestamptz
);

CREATE INDEX device_logins_expiry ON device_logins (expires_at);
