-- The last look for what deviates from what is recorded. Read src/operate/drift/drift.hpp first.
CREATE TABLE drift_looks (
    environment text PRIMARY KEY,
    looked_at   timestamptz NOT NULL,
    release     text        NOT NULL,  -- that was recorded then
    note        text        NOT NULL,  -- why nothing was compared; '' when it was
    seen        jsonb       NOT NULL   -- what deviated, each with the time since when
);
