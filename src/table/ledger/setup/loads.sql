-- The ledger of ingest: one row per version table that pghaul has loaded, written in the transaction that published it, and
-- one per mother table that pghaul has created.
CREATE TABLE pghaul.loads (
    schema_name    text        NOT NULL,
    unit           text        NOT NULL,
    mother         text        NOT NULL,
    app            text        NOT NULL,
    version        text        NOT NULL,
    dump           text        NOT NULL,
    data_file      text        NOT NULL,
    fingerprint    jsonb       NOT NULL,
    rows           bigint      NOT NULL,
    bytes          bigint      NOT NULL,
    started_at     timestamptz NOT NULL,
    finished_at    timestamptz NOT NULL,
    client_version text        NOT NULL,
    status         text        NOT NULL DEFAULT 'loaded',
    after_at       timestamptz,
    adjusted       jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (schema_name, unit)
);

COMMENT ON TABLE pghaul.loads IS 'What pghaul loaded: one row per version table';
COMMENT ON COLUMN pghaul.loads.unit IS 'The version table';
COMMENT ON COLUMN pghaul.loads.fingerprint IS 'What the rows were made of; an equal one means that nothing has changed';
COMMENT ON COLUMN pghaul.loads.after_at IS 'When the statements that follow the load of the mother were last begun';
COMMENT ON COLUMN pghaul.loads.adjusted IS 'Columns whose values lost digits of their seconds beyond microseconds, and how many';
COMMENT ON COLUMN pghaul.loads.bytes IS 'Size of the inflated data file';

CREATE TABLE pghaul.mothers (
    schema_name text        NOT NULL,
    mother      text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (schema_name, mother)
);

COMMENT ON TABLE pghaul.mothers IS 'The mother tables that pghaul created, and may drop';
