-- Records a load. $1 schema, $2 unit, $3 mother, $4 app, $5 version, $6 dump, $7 data file, $8 fingerprint as text,
-- $9 rows, $10 bytes, $11 seconds since the load began, $12 client version, $13 adjusted values as text.
INSERT INTO pghaul.loads (schema_name, unit, mother, app, version, dump, data_file, fingerprint, rows, bytes,
                          started_at, finished_at, client_version, status, adjusted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10,
        clock_timestamp() - make_interval(secs => $11), clock_timestamp(), $12, 'loaded', $13::text::jsonb)
ON CONFLICT (schema_name, unit) DO UPDATE SET
    mother = excluded.mother, app = excluded.app, version = excluded.version, dump = excluded.dump,
    data_file = excluded.data_file, fingerprint = excluded.fingerprint, rows = excluded.rows,
    bytes = excluded.bytes, started_at = excluded.started_at, finished_at = excluded.finished_at,
    client_version = excluded.client_version, status = excluded.status, adjusted = excluded.adjusted
