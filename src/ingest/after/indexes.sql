-- The version tables of mother $2 in schema $1 that pghaul loaded, for each of their valid indexes on columns alone: its
-- name, access method, whether it is unique, its columns, and whether it has all rows. NULLs where a table has no index.
-- Last, the table's columns.
SELECT c.relname::text, x.relname::text, am.amname::text, i.indisunique,
       ARRAY(SELECT a.attname::text
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
             WHERE k.place <= i.indnkeyatts ORDER BY k.place),
       i.indpred IS NULL AND i.indexprs IS NULL,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM pghaul.loads l
JOIN pg_namespace n ON n.nspname = l.schema_name
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = l.unit AND c.relkind = 'r'
JOIN pg_inherits h ON h.inhrelid = c.oid
JOIN pg_class m ON m.oid = h.inhparent AND m.relnamespace = n.oid AND m.relname = l.mother
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid
LEFT JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_am am ON am.oid = x.relam
WHERE l.schema_name = $1 AND l.mother = $2
ORDER BY c.relname, x.relname
