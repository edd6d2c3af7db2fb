-- The tables that inherit from the tables $2 in schema $1: parent, child's schema, child.
SELECT p.relname::text, cn.nspname::text, c.relname::text
FROM pg_inherits i
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
WHERE pn.nspname = $1 AND p.relname = ANY ($2)
ORDER BY 1, 2, 3
