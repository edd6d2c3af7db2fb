-- The qualified name of the relation $1, a quoted name, by the search path that the session began with.
SELECT coalesce(
    (SELECT format('%I.%s', path.name, $1::text)
     FROM unnest(current_setting('pghaul.schemas')::name[]) WITH ORDINALITY AS path (name, place)
     WHERE to_regclass(format('%I.%s', path.name, $1::text)) IS NOT NULL
     ORDER BY path.place
     LIMIT 1),
    CASE WHEN to_regclass($1::text) IS NOT NULL THEN 'pg_catalog.' || $1::text END)
