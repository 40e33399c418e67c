-- Drills, as they went. Read src/operate/changes/drills.hpp first.
CREATE TABLE drills (
    id          uuid PRIMARY KEY,
    kind        text        NOT NULL,  -- rollback, node-kill
    environment text        NOT NULL,
    release     text        NOT NULL,  -- that ran when it began
    actor       text        NOT NULL,
    begun_at    timestamptz NOT NULL,
    ended_at    timestamptz,           -- NULL: it runs, or whoever ran it died
    result      text        NOT NULL DEFAULT '' CHECK (result IN ('', 'passed', 'failed', 'stopped')),
    expected    jsonb       NOT NULL DEFAULT '[]'  -- what was expected, and what was found
);

CREATE INDEX drills_newest ON drills (environment, begun_at DESC, id DESC);
