-- What was deployed, and how it went. Read src/operate/deploy/journal.hpp first.
CREATE TABLE environments (
    name            text PRIMARY KEY,
    current_release text        NOT NULL,
    known_good      text        NOT NULL,
    deployment_id   uuid        NOT NULL,
    changed_at      timestamptz NOT NULL
);

-- A release in an environment: when it was first deployed there, and when it became good.
CREATE TABLE releases (
    environment text        NOT NULL,
    id          text        NOT NULL,  -- a commit, or "dev-" and a digest
    first_at    timestamptz NOT NULL,
    good_at     timestamptz,
    PRIMARY KEY (environment, id)
);

CREATE TABLE deployments (
    id               uuid PRIMARY KEY,
    environment      text        NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('release', 'rollback')),
    release          text        NOT NULL,
    from_release     text        NOT NULL,
    known_good       text        NOT NULL,
    state            text        NOT NULL CHECK (state IN (
                         'queued', 'checking', 'building', 'scanning', 'migrating', 'canary',
                         'rolling', 'smoking', 'succeeded', 'good', 'rolling_back', 'rolled_back',
                         'rollback_failed', 'refused', 'superseded', 'cancelled')),
    actor            text        NOT NULL,
    reason           text        NOT NULL,  -- why it was begun, "" for none
    outcome          text        NOT NULL DEFAULT '',  -- why it ended as it did
    canary           text        NOT NULL DEFAULT '',
    canary_window_ms bigint      NOT NULL,
    canary_passed    boolean     NOT NULL DEFAULT false,
    plan             jsonb,
    wish             text        NOT NULL DEFAULT '',  -- of a person: hold, resume, promote, abort
    wish_by          text        NOT NULL DEFAULT '',
    wish_reason      text        NOT NULL DEFAULT '',
    begun_at         timestamptz NOT NULL,
    succeeded_at     timestamptz,
    ended_at         timestamptz
);

CREATE INDEX deployments_newest ON deployments (environment, begun_at DESC);

CREATE TABLE deployment_steps (
    deployment_id uuid        NOT NULL REFERENCES deployments,
    number        int         NOT NULL,  -- 1, 2, 3 … through all plans of the deployment
    kind          text        NOT NULL,
    nodes         text        NOT NULL,
    about         text        NOT NULL,
    undo          text        NOT NULL,
    begun_at      timestamptz NOT NULL,
    ended_at      timestamptz,
    result        text        NOT NULL DEFAULT '',  -- done, failed; "" while it runs
    evidence      text        NOT NULL DEFAULT '',
    PRIMARY KEY (deployment_id, number)
);

CREATE TABLE deployment_samples (
    deployment_id uuid        NOT NULL REFERENCES deployments,
    at            timestamptz NOT NULL,
    sample        jsonb       NOT NULL,
    PRIMARY KEY (deployment_id, at)
);

-- All that a controller told, in its order: the tables above follow from it, and a record that
-- comes twice, or hours later from the file beside the nodes, changes nothing more.
CREATE TABLE deployment_records (
    deployment_id uuid        NOT NULL,
    seq           bigint      NOT NULL,
    at            timestamptz NOT NULL,
    kind          text        NOT NULL,
    data          jsonb       NOT NULL,
    PRIMARY KEY (deployment_id, seq)
);
