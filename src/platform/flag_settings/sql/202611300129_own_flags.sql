-- The flags that the program asks for itself, by the keys of who asks: web/src/rooms/files and
-- platform/limits. They come switched off, and go into the first rule set that somebody publishes;
-- until then each is what its caller says.
WITH own (key, name, description, kind) AS (VALUES
    ('file-preview', 'File preview',
     'Images and texts can be looked at on the Files page. The dashboard asks for it.', 'release'),
    ('rate-limit-asks-again', 'Rate limit asks again',
     'Whoever is refused is asked for in Redis each time: a quota that was raised holds at once.', 'ops')
), made AS (
    INSERT INTO flags (key, name, description, value_type, kind, tags, permanent, variants, updated_by)
    SELECT key, name, description, 'bool', kind, '{acme}'::text[], true,
           '[{"key":"on","value":true},{"key":"off","value":false}]', 'system'
    FROM own
    ON CONFLICT (key) DO NOTHING  -- somebody's own flag stays theirs
    RETURNING id
)
INSERT INTO flag_targeting (flag_id, environment_id, salt, targeting, updated_by)
SELECT m.id, e.id, left(md5(random()::text || m.id || e.id), 8) || ':', '{"fallthrough":{"variant":"off"}}', 'system'
FROM made m CROSS JOIN flag_environments e;
