-- When somebody asked something of a deployment; and what is known of a release beside its name.
ALTER TABLE deployments ADD COLUMN wish_at timestamptz;

ALTER TABLE releases ADD COLUMN digest text;           -- "sha256:…" of its content
ALTER TABLE releases ADD COLUMN added_at timestamptz;  -- when it came to the machines
