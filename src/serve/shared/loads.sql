-- The last load of each unit.
SELECT schema_name, unit, mother, app, version, rows, bytes, extract(epoch FROM finished_at)::float8,
       extract(epoch FROM finished_at - started_at)::float8
FROM pghaul.loads
ORDER BY schema_name, unit
