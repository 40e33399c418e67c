-- What a second person lets through a freeze. Read src/operate/changes/freezes.hpp first.
CREATE TABLE freeze_passes (
    freeze_id  uuid        NOT NULL REFERENCES freezes,
    release    text        NOT NULL,
    actor      text        NOT NULL,  -- who deploys it is another
    reason     text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (freeze_id, release, actor)
);
