-- What this role may do here, and whether the ledger exists.
SELECT current_user::text, current_database()::text, current_schema()::text,
       has_schema_privilege(current_schema(), 'CREATE'),
       has_database_privilege(current_database(), 'CREATE'),
       to_regnamespace('pghaul') IS NOT NULL,
       to_regclass('pghaul.loads') IS NOT NULL,
       COALESCE(has_schema_privilege(to_regnamespace('pghaul'), 'USAGE, CREATE'), false),
       pg_is_in_recovery()
