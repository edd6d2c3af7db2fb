-- The settings that decide what a load costs. The server begins a checkpoint after max_wal_size / (1 +
-- checkpoint_completion_target) bytes of WAL (`CalculateCheckpointSegments` in PostgreSQL's xlog.c).
SELECT current_setting('wal_level'),
       max_wal.bytes, (max_wal.bytes / (1 + current_setting('checkpoint_completion_target')::float8))::bigint,
       current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
       current_setting('fsync')
FROM (SELECT pg_size_bytes(current_setting('max_wal_size')) AS bytes) max_wal
