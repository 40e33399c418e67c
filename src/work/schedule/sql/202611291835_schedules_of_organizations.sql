-- Schedules that people make: what of, when, and what became of each moment. Read
-- src/work/schedule/rule.hpp first. The name of an organization's is "org_…/name"; the release before
-- this asks for its own names and no others.
ALTER TABLE schedules
    ADD COLUMN org_id       text        NOT NULL DEFAULT '',       -- '': the platform's own
    ADD COLUMN cron         text        NOT NULL DEFAULT '',       -- or
    ADD COLUMN rrule        text        NOT NULL DEFAULT '',
    ADD COLUMN zone         text        NOT NULL DEFAULT 'UTC',
    ADD COLUMN dst          text        NOT NULL DEFAULT 'vixie',
    ADD COLUMN queue        text        NOT NULL DEFAULT 'default',
    ADD COLUMN kind         text        NOT NULL DEFAULT '',
    ADD COLUMN args         text        NOT NULL DEFAULT '{}',     -- JSON
    ADD COLUMN priority     bigint      NOT NULL DEFAULT 5,
    ADD COLUMN overlap      text        NOT NULL DEFAULT 'allow',  -- skip, queue_one, queue_all, cancel_running
    ADD COLUMN catchup      text        NOT NULL DEFAULT 'last',   -- all, none
    ADD COLUMN window_s     bigint      NOT NULL DEFAULT 3600,
    ADD COLUMN jitter_s     bigint      NOT NULL DEFAULT 0,
    ADD COLUMN starts_at    timestamptz,
    ADD COLUMN ends_at      timestamptz,
    ADD COLUMN failures_max bigint,                                -- in a row, then it is paused
    ADD COLUMN failures     bigint      NOT NULL DEFAULT 0,        -- in a row, up to now
    ADD COLUMN missed       bigint      NOT NULL DEFAULT 0,        -- moments, ever
    ADD COLUMN paused_at    timestamptz,
    ADD COLUMN paused_by    text        NOT NULL DEFAULT '',
    ADD COLUMN pause_reason text        NOT NULL DEFAULT '',
    ADD COLUMN next_at      timestamptz,  -- when the leader looks at it again; NULL: never
    ADD COLUMN version      bigint      NOT NULL DEFAULT 1,        -- of what people set
    ADD COLUMN created_at   timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at   timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN changed_by   text        NOT NULL DEFAULT '';

-- A row is a moment that was fired, or a stretch of them that was missed: `moments` from a microsecond
-- after fire_at, which no moment is, through `through`.
ALTER TABLE schedule_fires
    ADD COLUMN org_id   text   NOT NULL DEFAULT '',
    ADD COLUMN state    text   NOT NULL DEFAULT 'fired',  -- open, waiting, done, failed, cancelled, skipped, missed
    ADD COLUMN cause    text   NOT NULL DEFAULT 'due',    -- catchup, backfill, trigger
    ADD COLUMN asked_by text   NOT NULL DEFAULT '',
    ADD COLUMN job_id   bigint,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN through  timestamptz,
    ADD COLUMN moments  bigint NOT NULL DEFAULT 1;
