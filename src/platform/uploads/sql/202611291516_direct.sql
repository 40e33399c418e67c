-- Uploads whose parts go straight into object storage. Read src/platform/uploads/direct.hpp first.
ALTER TABLE uploads
    ADD COLUMN assembled_at timestamptz,  -- the object is whole, and is read back before it is a file
    ADD COLUMN reason       text;         -- why it has ended without a file: the code of an error
