-- Limits the time of statements to $1 milliseconds, unless the role or the database has a shorter limit. Returns whether they
-- let sessions only read. The session's own values are ours already; reset_val is what they say.
SELECT max(s.reset_val) FILTER (WHERE s.name = 'default_transaction_read_only') = 'on',
       pg_catalog.set_config('statement_timeout',
                             coalesce(min(CASE WHEN s.name = 'statement_timeout' AND s.reset_val <> '0'
                                                    AND lpad(s.reset_val, 12, '0') < lpad($1::int::text, 12, '0')
                                               THEN s.reset_val END), $1::int::text), false)
FROM pg_catalog.pg_settings s
WHERE s.name IN ('default_transaction_read_only', 'statement_timeout')
