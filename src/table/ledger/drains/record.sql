-- Records a batch. $1 batch, $2 job, $3 source, $4 replica, $5 schema, $6 table, $7 columns as text, $8 rows, $9 rejected,
-- $10 bytes, $11 seconds since it began, $12 client version.
INSERT INTO pghaul.drains (batch, job, source, replica, schema_name, table_name, columns, rows, rejected, bytes,
                           started_at, published_at, client_version)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10,
        clock_timestamp() - make_interval(secs => $11), clock_timestamp(), $12)
