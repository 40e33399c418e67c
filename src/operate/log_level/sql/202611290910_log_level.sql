-- The level that all processes log at for a while, one row. Read src/operate/log_level/log_level.hpp first.
CREATE TABLE log_level (
    is_only    boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
    level      text        NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
    expires_at timestamptz NOT NULL,
    set_at     timestamptz NOT NULL,
    set_by     text        NOT NULL,
    CHECK (expires_at > set_at AND expires_at <= set_at + interval '1 hour')
);
