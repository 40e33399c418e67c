-- Who changed what (C-12). Read src/platform/audit/audit.hpp first.
CREATE TABLE audit_entries (
    -- A UUIDv7, made here because entries are written in the midst of other rooms' transactions:
    -- 48 bits of milliseconds, the version, chance.
    id         uuid PRIMARY KEY DEFAULT encode(
                   set_bit(set_bit(
                       overlay(
                           uuid_send(gen_random_uuid()) PLACING
                           substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                           FROM 1 FOR 6
                       ), 52, 1), 53, 1),
                   'hex')::uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    org_id     uuid,                  -- none: it concerns the platform
    actor      text        NOT NULL,  -- a user's id, "system", "cli"
    action     text        NOT NULL,
    target     text        NOT NULL,
    before     text        NOT NULL,  -- JSON, redacted; "" for none
    after      text        NOT NULL,
    request_id text        NOT NULL,
    ip         text        NOT NULL
);

CREATE INDEX audit_entries_org ON audit_entries (org_id, id);

-- The chain stands beside the entries, so that nobody, not even the sealer, ever changes one.
CREATE TABLE audit_seals (
    position  bigint PRIMARY KEY,     -- 1, 2, 3 … in the order in which entries were seen committed
    entry_id  uuid   NOT NULL UNIQUE REFERENCES audit_entries,
    prev_hash text   NOT NULL,        -- hex SHA-256; of the first: 64 zeros
    hash      text   NOT NULL
);

-- What waits for its seal.
CREATE TABLE audit_unsealed (
    entry_id uuid PRIMARY KEY REFERENCES audit_entries
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed';
END
$$;

CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
