-- The settings of every session, whatever the server, the database, the role or PGOPTIONS set.
-- The search path comes first: until it names pg_catalog alone, others' functions and operators may be found in place of
-- PostgreSQL's, so these statements qualify every name. The path as it was is kept for users' own statements and for the names
-- of their tables and types (pg/path.rs). pg_temp is named since it would otherwise be searched first for tables.
SELECT pg_catalog.set_config('pghaul.search_path', pg_catalog.current_setting('search_path'), false),
       pg_catalog.set_config('pghaul.schemas', pg_catalog.current_schemas(false)::pg_catalog.text, false);
SET search_path = pg_catalog, pg_temp;
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
