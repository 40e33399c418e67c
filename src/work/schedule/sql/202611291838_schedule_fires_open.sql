-- Serves schedule.unsettled: whose jobs have not ended, and what waits for them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS schedule_fires_open ON schedule_fires (schedule, fire_at) WHERE state IN ('open', 'waiting');
