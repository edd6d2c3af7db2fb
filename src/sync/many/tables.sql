-- The relations of the schema $1 that hold rows: name; whether it is a table; its size with that of its children, bytes; and the parents
-- that it has in the same schema. What belongs to an extension, and what pghaul fills there, is not among them.
SELECT c.relname::text,
       c.relkind IN ('r', 'p'),
       CASE WHEN c.relkind IN ('r', 'p') THEN
           (WITH RECURSIVE family AS (
                SELECT c.oid
                UNION
                SELECT i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid)
            SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM family)
       ELSE 0 END,
       ARRAY(SELECT p.relname::text FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
             WHERE i.inhrelid = c.oid AND p.relnamespace = c.relnamespace)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND NOT starts_with(c.relname, 'pghaul_staging_')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
