-- Of each version table and mother of the ledger: the columns, and about how large it is with its indexes, as ANALYZE has seen it.
-- Functions that give a size by the file would wait for locks.
SELECT n.nspname, c.relname,
       (c.relpages::bigint + coalesce(t.relpages, 0)
        + coalesce((SELECT sum(i.relpages) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
                    WHERE x.indrelid = c.oid), 0)::bigint) * current_setting('block_size')::bigint,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
       coalesce((SELECT array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE EXISTS (SELECT FROM pghaul.loads l WHERE l.schema_name = n.nspname AND c.relname IN (l.unit, l.mother))
