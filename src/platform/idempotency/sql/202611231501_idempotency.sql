-- Answers to requests with Idempotency-Key. Read src/platform/idempotency/idempotency.hpp first.
CREATE TABLE idempotency_keys (
    org_id       uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    key          text        NOT NULL,
    made_at      timestamptz NOT NULL,
    fingerprint  text        NOT NULL,  -- SHA-256 of method, target and payload, in hex
    status       int         NOT NULL,
    content_type text        NOT NULL,
    headers      text        NOT NULL,  -- JSON: [["Location", "..."]]
    body         text        NOT NULL,
    PRIMARY KEY (org_id, user_id, key)
);

-- Serves idempotency.sweep.
CREATE INDEX idempotency_keys_made_at ON idempotency_keys (made_at);
