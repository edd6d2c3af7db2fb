-- Records a load. $1 schema, $2 unit, $3 mother, $4 dump, $5 data file, $6 fingerprint as text, $7 rows, $8 bytes,
-- $9 seconds since the load began, $10 client version.
INSERT INTO pghaul.loads (schema_name, unit, mother, dump, data_file, fingerprint, rows, bytes,
                          started_at, finished_at, client_version)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8,
        clock_timestamp() - make_interval(secs => $9), clock_timestamp(), $10)
ON CONFLICT (schema_name, unit) DO UPDATE SET
    mother = excluded.mother, dump = excluded.dump, data_file = excluded.data_file,
    fingerprint = excluded.fingerprint, rows = excluded.rows, bytes = excluded.bytes,
    started_at = excluded.started_at, finished_at = excluded.finished_at,
    client_version = excluded.client_version
