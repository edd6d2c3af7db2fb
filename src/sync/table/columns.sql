-- The columns of the table with oid $1, in order: name; type; collation, if it is not that of the type; whether it allows no
-- NULL; kind of identity; kind of generation; default or generating expression; comment; whether COPY's binary form of the
-- type means the same to every server; the schema of the comparisons of the type's default operator class, if that is not
-- pg_catalog; whether values that are equal may have different texts, or none are equal; whether every server orders its values
-- alike. (The binary form of composite types, and of arrays of types of CREATE TYPE, holds OIDs,
-- which differ between databases; that of regclass and the like is an OID; some types have no binary form.)
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
                  FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE l.oid = a.attcollation)
            ELSE '' END,
       a.attnotnull, a.attidentity::text, a.attgenerated::text, pg_get_expr(x.adbin, x.adrelid), col_description(a.attrelid, a.attnum),
       CASE
           WHEN b.typtype = 'e' THEN true
           WHEN b.typnamespace <> 'pg_catalog'::regnamespace OR b.typsend = 0 OR b.typreceive = 0 THEN false
           WHEN b.typtype IN ('r', 'm') THEN true
           WHEN b.typtype <> 'b' THEN false
           WHEN b.typcategory = 'A' THEN e.typtype = 'b' AND e.typnamespace = 'pg_catalog'::regnamespace AND e.typname !~ '^reg'
           ELSE b.typname !~ '^reg'
       END,
       {comparisons},
       NOT (t.typtype = 'e'
            OR f.exact
            OR b.oid IN ('text'::regtype, 'varchar'::regtype) AND coalesce(l.collisdeterministic, true)
            OR b.oid = 'numeric'::regtype AND base.typmod >= 0),
       f.exact
           OR b.oid IN ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype)
           OR b.oid IN ('text'::regtype, 'varchar'::regtype)
              AND CASE WHEN l.oid = 'pg_catalog."default"'::regcollation
                       THEN d.datcollate IN ('C', 'POSIX') AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                       ELSE l.collprovider = 'c' AND l.collcollate IN ('C', 'POSIX') END
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (
    WITH RECURSIVE domains AS (
        SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, a.atttypmod AS typmod
        UNION ALL
        SELECT u.oid, u.typtype, u.typbasetype, u.typtypmod, o.typtypmod
        FROM domains o
        JOIN pg_type u ON o.typtype = 'd' AND u.oid = o.typbasetype)
    SELECT oid, typmod FROM domains WHERE typtype <> 'd') base
JOIN pg_type b ON b.oid = base.oid
CROSS JOIN LATERAL (
    SELECT b.typnamespace = 'pg_catalog'::regnamespace
           AND b.typname IN ('bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'bytea', 'char', 'name')
           AS exact) f
JOIN pg_database d ON d.datname = current_database()
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_type e ON e.oid = b.typelem
LEFT JOIN pg_attrdef x ON x.adrelid = a.attrelid AND x.adnum = a.attnum
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
