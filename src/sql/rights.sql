-- What this role may do here, and whether the ledger exists. A list of privileges in one call would mean "any of
-- them", hence one call each. Tables go to the first existing schema of the search path but the ledger's own, which
-- would be the first for a role named pghaul ("$user").
WITH target AS (
    SELECT (SELECT path.name
            FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
            WHERE path.name <> 'pghaul'
            ORDER BY path.place
            LIMIT 1) AS name
)
SELECT current_user::text, current_database()::text, target.name::text,
       has_schema_privilege(target.name, 'CREATE'),
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
FROM target
