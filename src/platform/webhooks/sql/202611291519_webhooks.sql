-- Webhooks of organizations. Read src/platform/webhooks/webhooks.hpp first.
CREATE TABLE webhooks (
    id               uuid PRIMARY KEY,
    org_id           uuid        NOT NULL,
    url              text        NOT NULL,
    description      text        NOT NULL,
    types            text        NOT NULL,  -- "file.ready member.joined", or "*" for all
    disabled         text,                  -- why: paused, failing, gone; NULL: it is enabled
    secret           text        NOT NULL,  -- sealed
    old_secret       text,                  -- sealed; signs too until its time is up
    old_secret_until timestamptz,
    version          bigint      NOT NULL DEFAULT 1,  -- of what people set
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    deleted_at       timestamptz,           -- then its deliveries are removed little by little

    -- Its lane: who sends to it now, and when there is something to send. NULL: nothing, as far as
    -- is known.
    due_at           timestamptz,
    resume_at        timestamptz NOT NULL DEFAULT '-infinity',  -- the receiver asked for a pause
    holder           uuid,
    held_until       timestamptz,
    strikes          int         NOT NULL DEFAULT 0,  -- attempts that failed since one succeeded
    failing_since    timestamptz
);

CREATE INDEX webhooks_org ON webhooks (org_id, id) WHERE deleted_at IS NULL;
CREATE INDEX webhooks_due ON webhooks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhooks_held ON webhooks (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX webhooks_deleted ON webhooks (deleted_at) WHERE deleted_at IS NOT NULL;

-- One event on its way to one webhook.
CREATE TABLE webhook_deliveries (
    id           uuid PRIMARY KEY,
    org_id       uuid        NOT NULL,
    webhook_id   uuid        NOT NULL,
    event_id     uuid        NOT NULL,            -- what receivers know it by: webhook-id
    type         text        NOT NULL,
    body         text        NOT NULL,            -- what is sent, the same every time
    state        text        NOT NULL DEFAULT 'pending',  -- pending, delivered, failed
    attempts     int         NOT NULL DEFAULT 0,  -- in all
    tries        int         NOT NULL DEFAULT 0,  -- since it was last asked for: its place in the pauses
    due_at       timestamptz NOT NULL,            -- of the next try, while it is pending
    last_outcome text,
    last_status  int,
    created_at   timestamptz NOT NULL,
    settled_at   timestamptz,
    traceparent  text        NOT NULL,            -- of the request that made the event
    request_id   text        NOT NULL,
    UNIQUE (webhook_id, event_id)
);

CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    delivery_id uuid        NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number      int         NOT NULL,  -- from 1
    org_id      uuid        NOT NULL,
    at          timestamptz NOT NULL,
    duration_ms int         NOT NULL,
    outcome     text        NOT NULL,  -- see Outcome in retry.hpp
    status      int,                   -- of HTTP; NULL: there was no answer
    response    text        NOT NULL,  -- how its body begins, without what looks like a secret
    PRIMARY KEY (delivery_id, number)
);
