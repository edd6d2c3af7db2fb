-- What the service needs to know of the relations $1 (quoted names) and of the inheritance children of those that are
-- tables: one JSON object each, mothers before their children.
WITH wanted AS (
    -- A name without a schema is looked up on the search path that the session began with.
    SELECT asked, coalesce(
        CASE WHEN cardinality(parse_ident(asked)) = 1 THEN
            (SELECT to_regclass(format('%I.%s', path.name, asked))
             FROM unnest(current_setting('pghaul.schemas')::name[]) WITH ORDINALITY AS path (name, place)
             WHERE to_regclass(format('%I.%s', path.name, asked)) IS NOT NULL
             ORDER BY path.place
             LIMIT 1)
        END,
        to_regclass(asked))::oid AS oid
    FROM unnest($1::text[]) AS asked
), found AS (
    SELECT asked, oid, false AS child FROM wanted WHERE oid IS NOT NULL
    UNION ALL
    SELECT w.asked, i.inhrelid, true
    FROM wanted w
    JOIN pg_class m ON m.oid = w.oid AND m.relkind = 'r'
    JOIN pg_inherits i ON i.inhparent = w.oid
)
SELECT json_build_object(
    'asked', f.asked, 'child', f.child, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind::text,
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'plain_type', format_type(b.oid, NULL),
                   'operators', {comparisons},
                   'category', b.typcategory::text, 'not_null', a.attnotnull,
                   'computed', a.attgenerated <> '' OR a.attidentity = 'a',
                   'optional', a.atthasdef OR a.attidentity <> '' OR NOT a.attnotnull) ORDER BY a.attnum), '[]')
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'unique', (
        SELECT coalesce(json_agg((
                   SELECT json_agg(a.attname) FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))), '[]')
        FROM pg_index i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL)
)::text
FROM found f
JOIN pg_class c ON c.oid = f.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY f.asked, f.child, n.nspname, c.relname
