-- The version of a membership is its ETag. Read src/platform/accounts/memberships.hpp first.
ALTER TABLE memberships ADD COLUMN version bigint NOT NULL DEFAULT 1;
