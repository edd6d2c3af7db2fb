-- The table $1 and all tables that inherit from it, however far: oid, schema, name, and the columns in order, each with
-- its type. Temporary tables are left out, as they are when their mother is read by others.
WITH RECURSIVE family (id) AS (
    SELECT to_regclass($1)::oid
UNION
    SELECT i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.id
)
SELECT c.oid, n.nspname::text, c.relname::text, a.attname::text,
       format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attcollation <> t.typcollation
               THEN (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
                     FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
                     WHERE l.oid = a.attcollation)
               ELSE '' END
FROM family f
JOIN pg_class c ON c.oid = f.id
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relpersistence <> 't'
ORDER BY c.oid <> to_regclass($1), c.oid, a.attnum
