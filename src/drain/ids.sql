-- The oid of table $1, if it exists, and of its columns $2: name; whether two values may be equal though their texts differ (but
-- for those that are judged when they are read); the schema of the type's comparisons, if that is not pg_catalog.
SELECT to_regclass($1)::oid, k.name,
       NOT (b.typtype = 'e'
            OR b.typnamespace = 'pg_catalog'::regnamespace
               AND b.typname IN ('bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'uuid', 'date', 'timestamp', 'timestamptz',
                                 'bytea')
            OR b.oid IN ('text'::regtype, 'varchar'::regtype) AND coalesce(l.collisdeterministic, true)),
       {comparisons}
FROM (SELECT) one
LEFT JOIN unnest($2::text[]) WITH ORDINALITY k(name, number) ON true
LEFT JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = k.name
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_collation l ON l.oid = a.attcollation
ORDER BY k.number
