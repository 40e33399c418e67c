-- What is due and does not wait, however much of it waits. Read src/platform/webhooks/lanes.hpp first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_deliveries_next ON webhook_deliveries (webhook_id, due_at)
    WHERE state = 'pending' AND NOT waits;
