-- What has one of the names $2 in schema $1: kind, whether we may alter it, and its columns in order.
SELECT c.relname::text, c.relkind::text, pg_has_role(c.relowner, 'USAGE'),
       a.attname::text, format_type(a.atttypid, a.atttypmod)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = $1 AND c.relname = ANY ($2)
ORDER BY c.relname, a.attnum
