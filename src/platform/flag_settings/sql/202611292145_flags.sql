-- Feature flags, which belong to the installation: no table has an org_id. Read
-- src/platform/flag_settings/flag_settings.hpp first.
CREATE TABLE flag_environments (
    id           int         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text        NOT NULL UNIQUE,
    name         text        NOT NULL,
    protected    boolean     NOT NULL DEFAULT false,  -- administrators publish to it
    version      bigint      NOT NULL DEFAULT 0,      -- of its newest rule set; 0: it has none
    position     int         NOT NULL,                -- among the others, as they are shown
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    published_by text        NOT NULL DEFAULT ''
);

INSERT INTO flag_environments (key, name, position)
VALUES ('production', 'Production', 1), ('staging', 'Staging', 2), ('development', 'Development', 3);

CREATE TABLE flags (
    id                  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                 text        NOT NULL UNIQUE,  -- of archived ones too: none is used twice unseen
    name                text        NOT NULL,
    description         text        NOT NULL,
    value_type          text        NOT NULL,  -- bool, string, int, double, json
    kind                text        NOT NULL,  -- release, experiment, ops, kill, permission
    owner               text,                  -- a user's id
    tags                text[]      NOT NULL DEFAULT '{}',
    expected_removal_at date,
    permanent           boolean     NOT NULL DEFAULT false,
    variants            text        NOT NULL,  -- JSON
    archived_at         timestamptz,
    version             bigint      NOT NULL DEFAULT 1,  -- of the facts in this row
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    updated_by          text        NOT NULL
);

-- How a flag is answered in one environment.
CREATE TABLE flag_targeting (
    flag_id         bigint      NOT NULL REFERENCES flags,
    environment_id  int         NOT NULL REFERENCES flag_environments,
    enabled         boolean     NOT NULL DEFAULT false,
    salt            text        NOT NULL,  -- stays when the flag gets another name
    targeting       text        NOT NULL,  -- JSON: off_value, bucket_by, prerequisites, overrides, rules, fallthrough
    version         bigint      NOT NULL DEFAULT 1,
    enabled_at      timestamptz,           -- since when it is as it is
    disabled_reason text,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    updated_by      text        NOT NULL,
    PRIMARY KEY (flag_id, environment_id)
);

-- Serves flag_settings.load: everything of one environment.
CREATE INDEX flag_targeting_environment ON flag_targeting (environment_id, flag_id);

CREATE TABLE flag_segments (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text        NOT NULL UNIQUE,
    name        text        NOT NULL,
    description text        NOT NULL DEFAULT '',
    conditions  text        NOT NULL DEFAULT '[]',  -- JSON: clauses, all of which must hold
    users       bigint      NOT NULL DEFAULT 0,     -- how many members of each kind
    orgs        bigint      NOT NULL DEFAULT 0,
    version     bigint      NOT NULL DEFAULT 1,     -- of everything, members too
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    updated_by  text        NOT NULL
);

CREATE TABLE flag_segment_members (
    segment_id bigint NOT NULL REFERENCES flag_segments,
    kind       text   NOT NULL,  -- user, org
    subject    text   NOT NULL,
    PRIMARY KEY (segment_id, kind, subject)
);

-- What nodes evaluate: made once, never changed. An old one comes back under a new version.
CREATE TABLE flag_rulesets (
    environment_id int         NOT NULL REFERENCES flag_environments,
    version        bigint      NOT NULL,
    etag           text        NOT NULL,
    payload        bytea       NOT NULL,  -- JSON; zlib when it begins with the byte 0x78
    created_by     text        NOT NULL,
    reason         text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (environment_id, version)
);

-- What was done, whole, so that it can be undone; audit entries name the row.
CREATE TABLE flag_changes (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flag_id        bigint      NOT NULL REFERENCES flags,
    environment_id int         REFERENCES flag_environments,  -- none: the facts of the flag
    action         text        NOT NULL,
    actor          text        NOT NULL,
    reason         text        NOT NULL DEFAULT '',
    before         text        NOT NULL,  -- JSON; "" for none
    after          text        NOT NULL,
    ruleset        bigint,                -- the version that it was published with
    at             timestamptz NOT NULL DEFAULT now()
);

-- Serves flag_settings.history.
CREATE INDEX flag_changes_of_flag ON flag_changes (flag_id, id);

-- Evaluations, added up by every node now and then.
CREATE TABLE flag_counts (
    flag_key       text        NOT NULL,
    environment_id int         NOT NULL REFERENCES flag_environments,
    hour           timestamptz NOT NULL,
    variant        text        NOT NULL,  -- or default, disabled, error
    count          bigint      NOT NULL,
    PRIMARY KEY (flag_key, environment_id, hour, variant)
);

-- Serves the sweep of what is old.
CREATE INDEX flag_counts_hour ON flag_counts (hour);

-- Once a unit that has seen a variant.
CREATE TABLE flag_exposures (
    flag_key       text        NOT NULL,
    environment_id int         NOT NULL REFERENCES flag_environments,
    unit_hash      bytea       NOT NULL,
    variant        text        NOT NULL,
    first_at       timestamptz NOT NULL DEFAULT now(),
    day            date        NOT NULL,
    PRIMARY KEY (flag_key, environment_id, unit_hash)
);

-- Where the sources of programs name a flag, as their builds report it.
CREATE TABLE flag_references (
    flag_id     bigint      NOT NULL REFERENCES flags,
    repo        text        NOT NULL,
    path        text        NOT NULL,
    line        int         NOT NULL,
    commit      text        NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (flag_id, repo, path, line)
);
