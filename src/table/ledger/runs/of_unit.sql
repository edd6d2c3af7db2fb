-- What the last $2 runs that had the unit $1 to load have made of it, the newest one first.
SELECT run, command, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), source, mother, history.status,
    history.rows_read, history.rows_loaded, history.rows_rejected, history.adjusted::text, history.bytes_read, history.seconds,
    history.error, coalesce(to_jsonb(history) -> 'guards', '[]')::text
FROM pghaul.history JOIN pghaul.runs USING (run)
WHERE unit = $1
ORDER BY run DESC
LIMIT $2
