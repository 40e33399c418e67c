-- Service accounts are changed over HTTP: with a version that If-Match names, and with an end of
-- what was given before the account was disabled.
ALTER TABLE service_accounts
    ADD COLUMN version      bigint      NOT NULL DEFAULT 1,
    ADD COLUMN tokens_since timestamptz NOT NULL DEFAULT 'epoch';

ALTER TABLE service_account_credentials ADD COLUMN last_used_at timestamptz;
