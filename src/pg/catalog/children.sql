-- The inheritance children of the tables $2 in schema $1: mother, child's schema, child.
SELECT m.relname::text, cn.nspname::text, c.relname::text
FROM pg_inherits i
JOIN pg_class m ON m.oid = i.inhparent
JOIN pg_namespace mn ON mn.oid = m.relnamespace
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
WHERE mn.nspname = $1 AND m.relname = ANY ($2)
ORDER BY 1, 2, 3
