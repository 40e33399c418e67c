-- By which zone database next_at was computed, and how far the clocks of the schedule's zone were from UTC
-- at last_at by it. The release before does not write them: an offset is good where zone_offset_at is last_at.
ALTER TABLE schedules
    ADD COLUMN zones          text NOT NULL DEFAULT '',
    ADD COLUMN zone_offset_s  bigint,
    ADD COLUMN zone_offset_at timestamptz;
