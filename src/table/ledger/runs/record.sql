-- Records a run by its report ($1), with its job ($2), its exit code ($3) and the program's version ($4); forgets what began before
-- $5 seconds ago.
WITH report AS (
    SELECT $1::text::jsonb AS of_run, $1::text::jsonb -> 'totals' AS totals
), forgotten AS (
    DELETE FROM pghaul.runs WHERE started_at < clock_timestamp() - make_interval(secs => $5)
), recorded AS (
    INSERT INTO pghaul.runs (
        command, job, status, exit_code, started_at, seconds, units, loaded, unchanged, failed, refused, not_loaded,
        rows_read, rows_loaded, rows_rejected, adjusted, bytes_read, error, client_version
    )
    SELECT
        of_run ->> 'command', $2, of_run ->> 'status', $3, (of_run ->> 'started_at')::timestamptz,
        (of_run ->> 'seconds')::double precision, t.*,
        coalesce(of_run ->> 'error', jsonb_path_query_first(of_run, '$.units[*].error ? (@ != null)') #>> '{}'), $4
    FROM report, jsonb_to_record(totals) AS t (
        units bigint, loaded bigint, unchanged bigint, failed bigint, refused bigint, not_loaded bigint,
        rows_read bigint, rows_loaded bigint, rows_rejected bigint, adjusted bigint, bytes_read bigint
    )
    RETURNING run
)
INSERT INTO pghaul.history (
    run, unit, source, mother, status, rows_read, rows_loaded, rows_rejected, adjusted, bytes_read, seconds, error, schema_name, guards
)
SELECT recorded.run, u.unit, u.source, u.mother, u.status, u.rows_read, u.rows_loaded, u.rows_rejected,
    coalesce(u.adjusted, '{}'), u.bytes_read, u.seconds, u.error, u.schema, coalesce(u.guards, '[]')
FROM recorded, report, jsonb_array_elements(of_run -> 'units') AS item,
    jsonb_to_record(item || jsonb_build_object('unit', item -> 'name')) AS u (
        unit text, source text, mother text, status text, rows_read bigint, rows_loaded bigint, rows_rejected bigint,
        adjusted jsonb, bytes_read bigint, seconds double precision, error text,
        schema text, guards jsonb
    )
WHERE u.status <> 'unchanged'
