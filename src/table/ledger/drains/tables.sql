-- The ledger of drain: one row per batch, written in the transaction that published it, and one per job that watches.
CREATE TABLE pghaul.drains (
    batch          text        NOT NULL PRIMARY KEY,
    job            text        NOT NULL,
    source         text        NOT NULL,
    replica        text        NOT NULL,
    schema_name    text        NOT NULL,
    table_name     text        NOT NULL,
    columns        jsonb       NOT NULL,
    rows           bigint      NOT NULL,
    rejected       bigint      NOT NULL,
    bytes          bigint      NOT NULL,
    started_at     timestamptz NOT NULL,
    published_at   timestamptz NOT NULL,
    client_version text        NOT NULL
);

COMMENT ON TABLE pghaul.drains IS 'What pghaul drained: one row per batch';
COMMENT ON COLUMN pghaul.drains.batch IS 'The name that the hash had in Redis; it is removed only after this row is committed';
COMMENT ON COLUMN pghaul.drains.columns IS 'Columns and types of the rows, in their order';

CREATE TABLE pghaul.watches (
    job          text        NOT NULL PRIMARY KEY,
    host         text        NOT NULL,
    pid          bigint      NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    batches      bigint      NOT NULL DEFAULT 0,
    rows         bigint      NOT NULL DEFAULT 0
);

COMMENT ON TABLE pghaul.watches IS 'The jobs of pghaul that watch, and when they were last seen alive';
