-- Mails to people. Read src/platform/mail/mail.hpp first.
CREATE TABLE mails (
    id         uuid PRIMARY KEY,      -- also the Message-ID
    kind       text        NOT NULL,  -- who writes it
    about      text        NOT NULL,  -- id of what it tells of; never a secret
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    outcome    text CHECK (outcome IN ('sent', 'kept', 'dropped', 'refused')),
    sealed     text                   -- the letter, where there is no mail server; encrypted
);

CREATE INDEX mails_created ON mails (created_at);
CREATE INDEX mails_kept ON mails (id) WHERE outcome = 'kept';
