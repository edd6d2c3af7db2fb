-- The rows of the last $3 loads of the version table $2 in the schema $1, the newest one first. Histories of earlier versions know no
-- schema.
SELECT history.rows_loaded
FROM pghaul.history JOIN pghaul.runs USING (run)
WHERE unit = $2 AND history.status = 'loaded' AND runs.command = 'ingest'
    AND coalesce(to_jsonb(history) ->> 'schema_name', $1) = $1
ORDER BY run DESC
LIMIT $3
