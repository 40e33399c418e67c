-- What happened to one thing is told in order. Read src/platform/happenings/happenings.hpp first.
CREATE SEQUENCE happenings_order;
ALTER TABLE happenings
    ADD COLUMN subject text,    -- what it happened to: an id; NULL: it has no order
    ADD COLUMN seq     bigint;  -- NULL: it was told before there was one
ALTER TABLE happenings ALTER COLUMN seq SET DEFAULT nextval('happenings_order');
