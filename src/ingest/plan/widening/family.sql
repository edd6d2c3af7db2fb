-- The table $1 and all tables that inherit from it, however far: schema, name, and bytes without indexes. The table itself
-- comes first.
WITH RECURSIVE family (id) AS (
    SELECT to_regclass($1)::oid
UNION
    SELECT i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.id
)
SELECT n.nspname::text, c.relname::text, coalesce(pg_table_size(c.oid), 0)
FROM family f
JOIN pg_class c ON c.oid = f.id
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY c.oid <> to_regclass($1), 1, 2
