-- How many handlers of a worker node go on although their jobs were answered for. Told with its beat.
ALTER TABLE job_leases ADD COLUMN abandoned int NOT NULL DEFAULT 0;
