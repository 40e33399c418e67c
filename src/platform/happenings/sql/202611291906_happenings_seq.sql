-- For who takes the oldest. Read src/platform/happenings/happenings.hpp first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS happenings_seq ON happenings (seq NULLS FIRST, id);
