-- Accounts at other providers with which users sign in here. Read
-- src/platform/identities/identities.hpp first.
CREATE TABLE identities (
    id           uuid PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users,
    provider     text        NOT NULL,  -- the name that it had in OIDC_PROVIDERS
    issuer       text        NOT NULL,
    subject      text        NOT NULL,  -- whom the issuer means: never given to anybody else
    email        text        NOT NULL,  -- as the provider said it last, for people; "" for none
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE INDEX identities_user ON identities (user_id, id);
