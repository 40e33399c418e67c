-- Order per subject. Read src/platform/webhooks/lanes.hpp first.
ALTER TABLE webhook_deliveries
    ADD COLUMN subject text,                            -- what the event is about; NULL: it has no order
    ADD COLUMN seq     bigint,                          -- of the happening: the order within a subject
    ADD COLUMN waits   boolean NOT NULL DEFAULT false;  -- an earlier one about the subject is pending
