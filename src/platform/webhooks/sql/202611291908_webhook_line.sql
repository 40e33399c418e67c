-- Who is next about a subject. Read src/platform/webhooks/lanes.hpp first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_deliveries_line ON webhook_deliveries (webhook_id, subject, seq)
    WHERE state = 'pending' AND subject IS NOT NULL;
