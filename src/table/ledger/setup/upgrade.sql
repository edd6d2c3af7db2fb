-- What ledgers lack that earlier versions created.
ALTER TABLE pghaul.loads ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'loaded',
    ADD COLUMN IF NOT EXISTS after_at timestamptz
