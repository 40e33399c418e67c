-- Listeners: webhooks that `acme webhooks listen` sends to by itself. Read src/platform/webhooks/webhooks.hpp first.
ALTER TABLE webhooks
    ADD COLUMN listened_until timestamptz;  -- somebody listens until then, and says so again; NULL: it is none
