-- The unique keys and exclusion constraints of the tables $1, primary keys first: table, name, the numbers of the key's columns (0 for
-- an expression), those of all columns that it uses, whether NULLs are equal, whether it excludes,
-- whether it is a constraint, its definition, and whether it is the primary key.
SELECT i.indrelid, x.relname::text,
       (i.indkey::int2[])[0:i.indnkeyatts - 1]::int4[],
       ARRAY(SELECT DISTINCT d.refobjsubid FROM pg_depend d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
               AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
             UNION SELECT k::int4 FROM unnest(i.indkey::int2[]) k WHERE k > 0),
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false), i.indisexclusion,
       k.oid IS NOT NULL, coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid)), i.indisprimary
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = i.indrelid
WHERE i.indrelid = ANY ($1) AND (i.indisunique OR i.indisexclusion)
ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, x.relname
