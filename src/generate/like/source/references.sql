-- The foreign keys of the tables $1: table, name, numbers of the columns, the table that they refer to (schema and name) with the
-- names of its columns, whether it can be deferred, its definition.
SELECT k.conrelid, k.conname::text, k.conkey::int4[], n.nspname::text, c.relname::text,
       ARRAY(SELECT a.attname::text
             FROM unnest(k.confkey) WITH ORDINALITY AS f (number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = f.number
             ORDER BY f.place),
       k.condeferrable, pg_get_constraintdef(k.oid)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.confrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.conrelid = ANY ($1) AND k.contype = 'f' AND k.conparentid = 0
ORDER BY k.conrelid, cardinality(k.conkey) DESC, k.conname
