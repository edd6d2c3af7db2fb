-- The state of destination tables: one row per table, and one row per range of keys of an initial load. A row changes in the same
-- transaction as the table.
CREATE TABLE pghaul.syncs (
    schema_name   text        NOT NULL,
    table_name    text        NOT NULL,
    table_oid     oid         NOT NULL,
    source        text        NOT NULL,
    source_id     text        NOT NULL,
    cursor_name   text,
    phase         text        NOT NULL,
    settled       text,
    read_to       text,
    horizon       bigint,
    pending_to    text,
    pending_since float8,
    pending_open  text[],
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (schema_name, table_name)
);

COMMENT ON TABLE pghaul.syncs IS 'What pghaul sync keeps the same: one row per destination table';
COMMENT ON COLUMN pghaul.syncs.source_id IS 'System identifier, database and table at the source';
COMMENT ON COLUMN pghaul.syncs.phase IS 'loading, indexing or following';
COMMENT ON COLUMN pghaul.syncs.settled IS 'No row with a smaller cursor can appear at the source any more';
COMMENT ON COLUMN pghaul.syncs.read_to IS 'Rows up to this cursor have been read; those that committed later have a transaction id from horizon on';
COMMENT ON COLUMN pghaul.syncs.pending_to IS 'What settled becomes when the transactions in pending_open have ended';

CREATE TABLE pghaul.sync_ranges (
    schema_name text   NOT NULL,
    table_name  text   NOT NULL,
    number      int    NOT NULL,
    low         text,
    high        text,
    rows        bigint,
    PRIMARY KEY (schema_name, table_name, number),
    FOREIGN KEY (schema_name, table_name) REFERENCES pghaul.syncs ON DELETE CASCADE
);

COMMENT ON TABLE pghaul.sync_ranges IS 'Ranges of keys of initial loads; rows is NULL until a range is loaded';
