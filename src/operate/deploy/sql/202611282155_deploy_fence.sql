-- Under which number the machines were held: it only grows, so it says which came later, also when
-- a clock went back. 0 for a deployment that waits, and for those from before this column.
ALTER TABLE deployments ADD COLUMN fence bigint NOT NULL DEFAULT 0;
ALTER TABLE environments ADD COLUMN fence bigint NOT NULL DEFAULT 0;
