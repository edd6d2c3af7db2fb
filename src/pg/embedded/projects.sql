-- The databases of the embedded server but for the current one, with their folders.
SELECT datname::pg_catalog.text, folder
FROM pg_catalog.pg_database, pg_catalog.shobj_description(oid, 'pg_database') folder
WHERE folder OPERATOR(pg_catalog.~~) '/%' AND datname OPERATOR(pg_catalog.<>) pg_catalog.current_database()
ORDER BY folder USING OPERATOR(pg_catalog.<)
