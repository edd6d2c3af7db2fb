-- The settings of every session, whatever the server, the database, the role or PGOPTIONS set.
-- The text forms of values, which are sent to the server and compared with its own:
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 3; -- floats come back exactly
SET bytea_output = 'hex';
SET standard_conforming_strings = on;
-- Every statement sees what was committed before it, and may write.
SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = off;
-- The code that takes a lock limits how long it waits.
SET lock_timeout = 0;
-- A bulk load may take long. The last two settings exist from PostgreSQL 14 and 17 on.
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT set_config('idle_session_timeout', '0', false) WHERE current_setting('idle_session_timeout', true) IS NOT NULL;
SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL;
