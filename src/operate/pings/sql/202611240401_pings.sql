-- Jobs that only say that they ran. Read src/operate/pings/pings.hpp first.
CREATE TABLE pings (
    id       uuid PRIMARY KEY,
    user_id  uuid        NOT NULL,                -- who asked
    asked_at timestamptz NOT NULL DEFAULT now(),
    done_at  timestamptz
);
