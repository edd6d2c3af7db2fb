-- The history: one row per run of a job, and one per unit of it that was not unchanged. Written when the run ends.
CREATE TABLE IF NOT EXISTS pghaul.runs (
    run            bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command        text             NOT NULL,
    job            text,
    status         text             NOT NULL,
    exit_code      integer          NOT NULL,
    started_at     timestamptz      NOT NULL,
    seconds        double precision NOT NULL,
    units          bigint           NOT NULL,
    loaded         bigint           NOT NULL,
    unchanged      bigint           NOT NULL,
    failed         bigint           NOT NULL,
    refused        bigint           NOT NULL,
    not_loaded     bigint           NOT NULL,
    rows_read      bigint           NOT NULL,
    rows_loaded    bigint           NOT NULL,
    rows_rejected  bigint           NOT NULL,
    adjusted       bigint           NOT NULL,
    bytes_read     bigint           NOT NULL,
    error          text,
    client_version text             NOT NULL
);
COMMENT ON TABLE pghaul.runs IS 'The runs of pghaul, failed and interrupted ones too';
COMMENT ON COLUMN pghaul.runs.status IS 'As in the report: ok, failed or interrupted';
CREATE INDEX IF NOT EXISTS runs_started_at ON pghaul.runs (started_at);

CREATE TABLE IF NOT EXISTS pghaul.history (
    run           bigint           NOT NULL REFERENCES pghaul.runs ON DELETE CASCADE,
    unit          text             NOT NULL,
    source        text             NOT NULL,
    mother        text,
    status        text             NOT NULL,
    rows_read     bigint           NOT NULL,
    rows_loaded   bigint           NOT NULL,
    rows_rejected bigint           NOT NULL,
    adjusted      jsonb            NOT NULL,
    bytes_read    bigint           NOT NULL,
    seconds       double precision NOT NULL,
    error         text,
    schema_name   text,
    guards        jsonb            NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE pghaul.history IS 'What each run has made of each unit, but for units that were unchanged';
CREATE INDEX IF NOT EXISTS history_run ON pghaul.history (run);
CREATE INDEX IF NOT EXISTS history_unit ON pghaul.history (unit, run);
