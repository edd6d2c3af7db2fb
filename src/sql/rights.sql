-- What this role may do here, and whether the ledger exists. A list of privileges in one call would mean "any of
-- them", hence one call each.
SELECT current_user::text, current_database()::text, current_schema()::text,
       has_schema_privilege(current_schema(), 'CREATE'),
       has_database_privilege(current_database(), 'CREATE'),
       to_regnamespace('pghaul') IS NOT NULL,
       to_regclass('pghaul.loads') IS NOT NULL,
       CASE
           WHEN to_regclass('pghaul.loads') IS NOT NULL THEN
               has_schema_privilege(to_regnamespace('pghaul'), 'USAGE')
               AND has_table_privilege(to_regclass('pghaul.loads'), 'SELECT')
               AND has_table_privilege(to_regclass('pghaul.loads'), 'INSERT')
               AND has_table_privilege(to_regclass('pghaul.loads'), 'UPDATE')
               AND has_table_privilege(to_regclass('pghaul.loads'), 'DELETE')
           WHEN to_regnamespace('pghaul') IS NOT NULL THEN
               has_schema_privilege(to_regnamespace('pghaul'), 'USAGE')
               AND has_schema_privilege(to_regnamespace('pghaul'), 'CREATE')
           ELSE true
       END,
       pg_is_in_recovery()
