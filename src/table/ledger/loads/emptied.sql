-- The loads into the schema $1 whose version table is there, is unlogged, and was emptied by a crash of the server. The
-- units $2 are left out.
SELECT l.unit, l.dump
FROM pghaul.loads l
JOIN pg_namespace n ON n.nspname = l.schema_name
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = l.unit AND c.relkind = 'r'
WHERE l.schema_name = $1 AND l.unit <> ALL ($2) AND l.rows > 0
  AND c.relpersistence = 'u' AND coalesce(pg_relation_size(c.oid) = 0, false)
ORDER BY l.unit
