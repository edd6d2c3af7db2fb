-- The indexes of the table with oid $1: name; whether it is unique; kind of its constraint, or ''; the clauses after that
-- constraint; its definition from the access method on, which names no table; and the columns that it needs.
SELECT x.relname::text, i.indisunique, coalesce(k.contype::text, ''),
       CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END,
       substr(pg_get_indexdef(i.indexrelid),
              1 + length(format('CREATE %sINDEX %I ON %s%I.%I USING ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                                CASE WHEN c.relkind = 'p' THEN 'ONLY ' END, n.nspname, c.relname))),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = i.indrelid AND a.attnum > 0
               AND (a.attnum = ANY (i.indkey)
                    OR EXISTS (SELECT FROM pg_depend d
                               WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                 AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum))
             ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = $1 AND i.indisvalid
ORDER BY k.contype IS DISTINCT FROM 'p', x.relname
