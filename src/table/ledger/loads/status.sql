-- The ledger, with the state of each version table now. A ledger of an earlier version may lack the columns `status`
-- and `adjusted`, which a reader cannot add. Sessions are in UTC.
SELECT l.schema_name AS schema, l.unit, l.mother, l.app, l.version, l.dump, l.data_file,
       l.fingerprint::text AS fingerprint, l.rows, l.bytes,
       to_char(l.started_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started_at,
       to_char(l.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS finished_at,
       extract(epoch FROM l.finished_at - l.started_at)::float8 AS seconds,
       l.client_version, coalesce(to_jsonb(l) ->> 'status', 'loaded') AS status,
       coalesce(to_jsonb(l) ->> 'adjusted', '{}') AS adjusted,
       CASE
           WHEN c.oid IS NULL THEN 'missing'
           WHEN NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class m ON m.oid = i.inhparent
                            WHERE i.inhrelid = c.oid AND m.relname = l.mother) THEN 'detached'
           WHEN c.relpersistence = 'u' AND l.rows > 0 AND coalesce(pg_relation_size(c.oid) = 0, false) THEN 'emptied'
           ELSE 'attached'
       END AS now
FROM pghaul.loads l
LEFT JOIN pg_namespace n ON n.nspname = l.schema_name
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = l.unit AND c.relkind = 'r'
ORDER BY l.schema_name, l.mother, l.unit
