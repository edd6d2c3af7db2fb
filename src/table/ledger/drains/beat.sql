-- Records that a job that watches is alive. $1 job, $2 host, $3 process, $4 batches and $5 rows since the job began to watch.
INSERT INTO pghaul.watches AS w (job, host, pid, batches, rows)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (job) DO UPDATE SET
    started_at = CASE WHEN (w.host, w.pid) = (excluded.host, excluded.pid) THEN w.started_at ELSE excluded.started_at END,
    host = excluded.host, pid = excluded.pid, seen_at = excluded.seen_at, batches = excluded.batches, rows = excluded.rows
