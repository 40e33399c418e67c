-- Which release failed: what a cause of failures began with.
ALTER TABLE job_attempts ADD COLUMN release text;
