-- The last $1 runs, the newest one first.
SELECT run, command, job, status, exit_code, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), seconds,
    units, loaded, unchanged, failed, refused, not_loaded, rows_read, rows_loaded, rows_rejected, adjusted, bytes_read, error,
    client_version
FROM pghaul.runs
ORDER BY run DESC
LIMIT $1
