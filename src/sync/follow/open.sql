-- The source's clock, and the open transactions of this database except our own. A transaction without an id may write later,
-- with a cursor from when it began, so virtual ids count. Every role may read these columns. A standby knows only transactions
-- that have an id, and lists none: 'before' the next id are all of them. Its own sessions only read.
SELECT extract(epoch FROM clock_timestamp())::float8,
       ARRAY(SELECT l.virtualxid
             FROM pg_locks l
             LEFT JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
               AND (a.datid IS NULL OR a.datid = (SELECT oid FROM pg_database WHERE datname = current_database()))
               AND coalesce(a.backend_type, '') <> 'autovacuum worker'
               AND NOT pg_is_in_recovery()
             UNION ALL
             SELECT 'prepared ' || transaction::text FROM pg_prepared_xacts
             WHERE database = current_database() AND NOT pg_is_in_recovery()
             UNION ALL
             SELECT 'before ' || (x::text::bigint + age(x::xid)) FROM pg_snapshot_xmax(pg_current_snapshot()) x WHERE pg_is_in_recovery())
