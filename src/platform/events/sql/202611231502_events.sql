-- What happened, for a day. Read src/platform/events/events.hpp first.
CREATE TABLE events (
    tx      xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id      bigint      GENERATED ALWAYS AS IDENTITY,
    at      timestamptz NOT NULL DEFAULT now(),
    topic   text        NOT NULL,
    subject text        NOT NULL,  -- the id of what changed
    verb    text        NOT NULL,
    org_id  uuid,                  -- whose members may see it; none: the platform's people
    data    text        NOT NULL,  -- JSON
    PRIMARY KEY (tx, id)
);

-- Serves events.sweep.
CREATE INDEX events_at ON events (at);
