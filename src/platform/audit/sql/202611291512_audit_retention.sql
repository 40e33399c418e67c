-- Entries go after 400 days (BEY-5). Read src/platform/audit/retire.hpp first.
CREATE TABLE audit_beginnings (
    position      bigint PRIMARY KEY,    -- of the last seal that is gone
    hash          text        NOT NULL,  -- of that seal: the next one's prev_hash
    last_entry_at timestamptz NOT NULL,  -- when the newest of those that are gone was written
    retired_at    timestamptz NOT NULL
);

-- The guard of entries and seals since the first migration, which lets audit_retire() through.
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    callers text;
BEGIN
    IF TG_OP IN ('DELETE', 'INSERT') THEN
        GET DIAGNOSTICS callers = PG_CONTEXT;
        IF callers ~ '\nPL/pgSQL function audit_retire\(timestamp with time zone,integer\) line' THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are never changed';
END
$$;

CREATE TRIGGER audit_beginnings_stay
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_beginnings
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- As the owner of the tables, so that whoever calls it needs no right to delete. A `moment` that is
-- later than the server's own makes nothing older than it is.
CREATE FUNCTION audit_retire(moment timestamptz, batch integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today     timestamp := date_trunc('day', least(moment, now()) AT TIME ZONE 'UTC');
    bound     timestamptz := (today - interval '400 days') AT TIME ZONE 'UTC';
    last      bigint;
    last_at   timestamptz;
    last_hash text;
    ids       uuid[];
    entry     uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(7003);  -- the sealer's
    -- Up to the first entry that is not old, and never the newest seal: the sealer goes on from it.
    WITH oldest AS (
        SELECT s.position, e.created_at
        FROM (SELECT * FROM audit_seals ORDER BY position LIMIT batch) s
        LEFT JOIN audit_entries e ON e.id = s.entry_id
        WHERE s.position < (SELECT max(position) FROM audit_seals)
    )
    SELECT max(position), max(created_at) INTO last, last_at FROM oldest
    WHERE created_at < bound AND position < coalesce(
        (SELECT min(position) FROM oldest WHERE created_at >= bound), 9223372036854775807
    );
    IF last IS NULL THEN RETURN 0; END IF;

    SELECT hash INTO last_hash FROM audit_seals WHERE position = last;
    WITH gone AS (DELETE FROM audit_seals WHERE position <= last RETURNING entry_id)
    SELECT array_agg(entry_id) INTO ids FROM gone;
    DELETE FROM audit_entries WHERE id = ANY (ids);
    INSERT INTO audit_beginnings (position, hash, last_entry_at, retired_at)
    VALUES (last, last_hash, last_at, now());

    INSERT INTO audit_entries (actor, action, target, before, after, request_id, ip)
    VALUES (
        'system', 'audit.retire', last::text, '',
        json_build_object(
            'entries', cardinality(ids), 'hash', last_hash,
            'last_entry_at', to_char(last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        )::text,
        '', ''
    )
    RETURNING id INTO entry;
    INSERT INTO audit_unsealed (entry_id) VALUES (entry);
    RETURN cardinality(ids);
END
$$;
