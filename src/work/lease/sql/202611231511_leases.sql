-- Who holds what, until when. Read src/work/lease/lease.hpp first.
CREATE TABLE leases (
    name       text        PRIMARY KEY,
    holder     text        NOT NULL,
    epoch      bigint      NOT NULL,  -- grows with each new holder
    expires_at timestamptz NOT NULL
);
