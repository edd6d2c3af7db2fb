-- The relations of the names $2 in schema $1, a row for each column in order: kind, whether we may alter it, whether it
-- is a partition; the column's name and type, the words that follow its type, whether it allows no NULL and whether the
-- server computes it; last the comment on the relation, whether it is unlogged, and whether an unlogged one has no byte,
-- as a crash of the server leaves it.
SELECT c.relname::text, c.relkind::text, pg_has_role(c.relowner, 'USAGE'), c.relispartition,
       a.attname::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
                  FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
                  WHERE l.oid = a.attcollation)
            ELSE '' END
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
       a.attnotnull, a.attgenerated <> '', obj_description(c.oid, 'pg_class'),
       c.relpersistence = 'u', c.relpersistence = 'u' AND coalesce(pg_relation_size(c.oid) = 0, false)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = $1 AND c.relname = ANY ($2)
ORDER BY c.relname, a.attnum
