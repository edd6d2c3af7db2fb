-- What makes every session the same, whatever the server, the database, the role or PGOPTIONS set.
-- Text forms of values, which are compared with and sent to the server:
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 3; -- floats come back exactly
SET bytea_output = 'hex';
SET standard_conforming_strings = on;
-- Every statement sees what was committed before it, and may write.
SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = off;
-- How long a lock is waited for is decided where one is taken.
SET lock_timeout = 0;
-- A bulk load takes as long as it takes. The last two exist from PostgreSQL 14 and 17 on.
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT set_config('idle_session_timeout', '0', false) WHERE current_setting('idle_session_timeout', true) IS NOT NULL;
SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL;
