-- The processes of the installation, a row each. Read src/operate/nodes/nodes.hpp first.
CREATE TABLE nodes (
    name       text        NOT NULL,
    role       text        NOT NULL,  -- serve, worker, scheduler
    release    text        NOT NULL,
    address    text        NOT NULL,
    pid        bigint      NOT NULL,
    state      text        NOT NULL CHECK (state IN ('starting', 'ready', 'draining')),
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    figures    text        NOT NULL,  -- JSON
    PRIMARY KEY (name, role)
);
