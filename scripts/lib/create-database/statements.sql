-- What scripts/create-database has psql do: docs/configuration.md, "The role". Each statement may run again.
-- Variables: database, schema, role, readers (names, a line each), has_password.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT count(*) > 0 AS is_there, coalesce(bool_or(rolsuper), false) AS is_superuser
FROM pg_catalog.pg_roles WHERE rolname = :'role' \gset
\if :is_superuser
    DO $$ BEGIN RAISE EXCEPTION 'the role is there, and is a superuser, which pghaul does not need: name another one'; END $$;
\endif
\if :is_there
    ALTER ROLE :"role" LOGIN;
\else
    CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
\endif
-- psql hashes it, so no log of the server has it.
\if :has_password
    \password :"role"
\endif

-- It belongs to the one who runs this, not to the role: an owner may do more than load.
SELECT pg_catalog.format('CREATE DATABASE %I', :'database')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :'database') \gexec
\connect :"database"
SET client_min_messages = warning;

BEGIN;
-- A schema of these names that is another's would be taken silently by IF NOT EXISTS.
SELECT pg_catalog.format('DO $do$ BEGIN RAISE EXCEPTION %L; END $do$',
    pg_catalog.format('the schema %s belongs to %s, not to %s; name another one', nspname, pg_catalog.pg_get_userbyid(nspowner), :'role'))
FROM pg_catalog.pg_namespace
WHERE nspname IN (:'schema', 'pghaul') AND pg_catalog.pg_get_userbyid(nspowner) <> :'role' \gexec
CREATE SCHEMA IF NOT EXISTS :"schema" AUTHORIZATION :"role";
CREATE SCHEMA IF NOT EXISTS pghaul AUTHORIZATION :"role";
ALTER ROLE :"role" IN DATABASE :"database" SET search_path = :"schema";
SELECT pg_catalog.unnest(ARRAY[
    pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', :'schema', reader),
    pg_catalog.format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', :'schema', reader),
    pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO %I', :'role', :'schema', reader)])
FROM pg_catalog.regexp_split_to_table(:'readers', E'\n') reader WHERE reader <> '' \gexec
COMMIT;
