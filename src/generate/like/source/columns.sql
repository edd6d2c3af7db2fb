-- The columns of the tables $1, in order: table, number, name, type's oid and modifier, type as it is spelled with its collation where
-- that is not the type's own; whether it is NOT NULL; the expression that generates it; the kind of identity, which `serial` counts as; whether it has a
-- default; and from the statistics: share of NULLs, distinct values, bytes, the bounds of numbers and times, and where $2 is true
-- the common values with their shares.
SELECT a.attrelid, a.attnum::int4, a.attname::text, a.atttypid, a.atttypmod,
       format_type(a.atttypid, a.atttypmod),
       (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
        FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
        WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
       a.attnotnull,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
       CASE WHEN a.attidentity = '' AND a.attnotnull AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                 AND starts_with(pg_get_expr(d.adbin, d.adrelid), 'nextval(')
            THEN 'd' ELSE a.attidentity::text END,
       d.oid IS NOT NULL AND a.attgenerated = '',
       s.null_frac, s.n_distinct, s.avg_width,
       CASE WHEN t.typcategory IN ('N', 'D') THEN s.histogram_bounds::text::text[] END,
       CASE WHEN t.typcategory IN ('N', 'D') OR $2 AND t.typcategory <> 'A' THEN s.most_common_vals::text::text[] END,
       s.most_common_freqs
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
                    AND s.inherited = (c.relkind = 'p')
WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
