-- The relations of the names $2 in the schemas $1, in their order; where a schema is NULL, in the first one of the search path, as
-- the session began, that has one. Oid, schema, name, kind, whether it has been analyzed.
SELECT c.oid, c.nspname, c.relname, c.relkind, c.reltuples > 0
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (schema, name, place)
LEFT JOIN LATERAL (
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.reltuples
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = asked.name
      AND (n.nspname = asked.schema
           OR asked.schema IS NULL AND n.nspname = ANY (current_setting('pghaul.schemas')::name[]))
    ORDER BY array_position(current_setting('pghaul.schemas')::name[], n.nspname)
    LIMIT 1
) c ON true
ORDER BY asked.place
