-- The schema of the relation $1, a quoted name, by the search path that the session began with; none if it does not exist.
SELECT coalesce(
    (SELECT path.name::text
     FROM unnest(current_setting('pghaul.schemas')::name[]) WITH ORDINALITY AS path (name, place)
     WHERE to_regclass(format('%I.%s', path.name, $1::text)) IS NOT NULL
     ORDER BY path.place
     LIMIT 1),
    CASE WHEN to_regclass($1::text) IS NOT NULL THEN 'pg_catalog' END)
