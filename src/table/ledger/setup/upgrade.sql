-- Adds the columns that a ledger of an earlier version lacks.
ALTER TABLE pghaul.loads ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'loaded',
    ADD COLUMN IF NOT EXISTS after_at timestamptz,
    ADD COLUMN IF NOT EXISTS adjusted jsonb NOT NULL DEFAULT '{}'
