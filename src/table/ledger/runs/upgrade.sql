-- What a history of an earlier version lacks.
ALTER TABLE pghaul.history
    ADD COLUMN IF NOT EXISTS schema_name text,
    ADD COLUMN IF NOT EXISTS guards jsonb NOT NULL DEFAULT '[]';
