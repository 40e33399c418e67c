-- Files of the dashboard by release. Read src/platform/assets/assets.hpp first.
CREATE TABLE assets (
    path         text PRIMARY KEY,  -- "/assets/index-Dk3.js": the name holds a digest of the content
    content_type text  NOT NULL,
    etag         text  NOT NULL,    -- without quotes
    raw          bytea NOT NULL,
    gzip         bytea NOT NULL,
    brotli       bytea NOT NULL
);

-- Compressed already.
ALTER TABLE assets ALTER COLUMN gzip SET STORAGE EXTERNAL;
ALTER TABLE assets ALTER COLUMN brotli SET STORAGE EXTERNAL;

CREATE TABLE asset_releases (
    release  text PRIMARY KEY,
    begun_at timestamptz NOT NULL,  -- when a node last began with it
    paths    text[]      NOT NULL   -- each a row of assets
);
