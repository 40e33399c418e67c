-- Invitations into organizations. Read src/platform/organizations/invitations.hpp first.
CREATE TABLE invitations (
    id          uuid PRIMARY KEY,
    org_id      uuid        NOT NULL,
    email       text        NOT NULL,
    email_norm  text        NOT NULL,
    role        text        NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    inviter_id  uuid        NOT NULL,
    inviter     text        NOT NULL,            -- their address, as it was then
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    mails       int         NOT NULL DEFAULT 1,  -- that were asked for
    told        int         NOT NULL DEFAULT 0,  -- how many of them were written
    told_at     timestamptz,
    attempts    int         NOT NULL DEFAULT 0,  -- at its code
    accepted_at timestamptz,
    revoked_at  timestamptz
);

-- An address is invited once at a time.
CREATE UNIQUE INDEX invitations_open ON invitations (org_id, email_norm)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE INDEX invitations_address ON invitations (email_norm);
CREATE INDEX invitations_expiry ON invitations (expires_at);
