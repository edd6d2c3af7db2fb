-- The ledger of fetch: one row per job, of its last run, and one per page of a request of that, written in the transaction
-- that copies its rows.
CREATE TABLE IF NOT EXISTS pghaul.fetch_jobs (
    job            text        PRIMARY KEY,
    target         text        NOT NULL,
    mode           text        NOT NULL,
    status         text        NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at    timestamptz,
    client_version text        NOT NULL
);
COMMENT ON TABLE pghaul.fetch_jobs IS 'The last run of each job of pghaul fetch';
COMMENT ON COLUMN pghaul.fetch_jobs.status IS 'running (or interrupted), published, or failed';

CREATE TABLE IF NOT EXISTS pghaul.fetches (
    job           text        NOT NULL,
    request       uuid        NOT NULL,
    page          integer     NOT NULL,
    number        bigint      NOT NULL,
    status        text        NOT NULL,
    http_status   integer,
    object        text        NOT NULL,
    rows          bigint      NOT NULL,
    rows_rejected bigint      NOT NULL,
    bytes         bigint      NOT NULL,
    rows_before   bigint      NOT NULL,
    next_page     text,
    error         text,
    body_start    text,
    fetched_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, request, page)
);
-- What version 0.1.0 lacked.
ALTER TABLE pghaul.fetch_jobs ADD COLUMN IF NOT EXISTS since text,
    ADD COLUMN IF NOT EXISTS since_of_run text;
COMMENT ON COLUMN pghaul.fetch_jobs.since IS 'The greatest value of the column of since that the last complete run has left';
COMMENT ON COLUMN pghaul.fetch_jobs.since_of_run IS 'The value of $since in the last run';
ALTER TABLE pghaul.fetches ADD COLUMN IF NOT EXISTS next_body text,
    ADD COLUMN IF NOT EXISTS next_items_before bigint,
    ADD COLUMN IF NOT EXISTS next_total bigint;
COMMENT ON TABLE pghaul.fetches IS 'The requests of the last run of each job of pghaul fetch: done, or failed for good';
COMMENT ON COLUMN pghaul.fetches.next_page IS 'The URL of the next page, with marks in place of secrets';
COMMENT ON COLUMN pghaul.fetches.next_body IS 'The body of the request for the next page, with marks in place of secrets'
