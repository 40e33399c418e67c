-- What happened, until webhooks have taken it over. Read src/platform/happenings/happenings.hpp first.
CREATE TABLE happenings (
    id          uuid PRIMARY KEY,
    org_id      uuid        NOT NULL,
    type        text        NOT NULL,  -- "file.ready"
    data        text        NOT NULL,  -- JSON
    at          timestamptz NOT NULL,
    traceparent text        NOT NULL,  -- of the request that did it
    request_id  text        NOT NULL
);
