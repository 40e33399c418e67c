-- What happens again and again. Read src/work/schedule/schedule.hpp first.
CREATE TABLE schedules (
    name    text        PRIMARY KEY,
    last_at timestamptz NOT NULL   -- the last moment that was fired or is given up
);

-- One row a moment: that it can be inserted once is what makes a second firing impossible.
CREATE TABLE schedule_fires (
    schedule text        NOT NULL,
    fire_at  timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    PRIMARY KEY (schedule, fire_at)
);
