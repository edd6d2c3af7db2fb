-- The settings of every session, whatever the server, the database or the role set.
-- The search path comes first: until it names pg_catalog alone, others' functions and operators may be found in place of
-- PostgreSQL's, so these statements qualify every name. The path as it was is kept for users' own statements and for the names
-- of their tables and types (pg/path.rs). pg_temp is named since it would otherwise be searched first for tables.
SELECT pg_catalog.set_config('pghaul.search_path', pg_catalog.current_setting('search_path'), false),
       pg_catalog.set_config('pghaul.schemas', pg_catalog.current_schemas(false)::pg_catalog.text, false),
       pg_catalog.pg_backend_pid() AS backend;
SET search_path = pg_catalog, pg_temp;
-- The text forms of values, which are sent to the server and compared with its own:
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 3; -- floats come back exactly
SET bytea_output = 'hex';
SET standard_conforming_strings = on;
-- Every statement sees what was committed before it.
SET default_transaction_isolation = 'read committed';
-- The code that takes a lock limits how long it waits.
SET lock_timeout = 0;
-- The limits of the administrator hold: those of statements, of transactions and of idle sessions, and whether it may write.
-- A client that has gone lets go of its locks after a minute: a network that is silent is noticed as pghaul notices it
-- (pg/connect/client.rs). Shorter times stay. The last setting exists from PostgreSQL 14 on, and not on every system.
SELECT set_config('tcp_keepalives_idle', '30', false) WHERE current_setting('tcp_keepalives_idle')::int NOT BETWEEN 1 AND 30;
SELECT set_config('tcp_keepalives_interval', '10', false)
WHERE current_setting('tcp_keepalives_interval')::int NOT BETWEEN 1 AND 10;
SELECT set_config('tcp_keepalives_count', '3', false) WHERE current_setting('tcp_keepalives_count')::int NOT BETWEEN 1 AND 3;
SELECT set_config('tcp_user_timeout', '60000', false)
WHERE current_setting('tcp_user_timeout')::int NOT BETWEEN 1 AND 60000;
SELECT set_config('client_connection_check_interval', '10s', false)
WHERE current_setting('client_connection_check_interval', true) = '0' AND version() LIKE '%linux%';
