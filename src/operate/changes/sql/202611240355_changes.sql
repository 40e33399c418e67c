-- What changed in production, and when it must not. Read src/operate/changes/changes.hpp and
-- freezes.hpp first.
CREATE TABLE changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL,  -- deployment, rollback, break_glass; later: flag, …
    ref         text        NOT NULL,  -- the id of what changed it, "dpl_…"
    summary     text        NOT NULL,  -- a sentence for people
    environment text        NOT NULL,
    actor       text        NOT NULL,
    at          timestamptz NOT NULL
);

CREATE INDEX changes_newest ON changes (environment, at DESC, id DESC);

CREATE TABLE freezes (
    -- A UUIDv7, made here because a freeze may be written in the midst of another room's transaction:
    -- 48 bits of milliseconds, the version, chance.
    id          uuid PRIMARY KEY DEFAULT encode(
                    set_bit(set_bit(
                        overlay(
                            uuid_send(gen_random_uuid()) PLACING
                            substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                            FROM 1 FOR 6
                        ), 52, 1), 53, 1),
                    'hex')::uuid,
    environment text        NOT NULL,
    reason      text        NOT NULL,
    until       timestamptz,           -- NULL: until somebody lifts it
    actor       text        NOT NULL,
    source      text        NOT NULL,  -- person, deployment; later: incident, window, calendar
    created_at  timestamptz NOT NULL,
    lifted_at   timestamptz,
    lifted_by   text        NOT NULL DEFAULT '',
    lift_reason text        NOT NULL DEFAULT ''
);

CREATE INDEX freezes_newest ON freezes (environment, created_at DESC, id DESC);
