-- What this role may do here, and whether the ledger exists. A list of privileges in one call would mean "any of
-- them", hence one call each. Tables go to the first existing schema of the search path but the ledger's own, which
-- would be the first for a role named pghaul ("$user").
WITH target AS (
    SELECT (SELECT path.name
            FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
            WHERE path.name <> 'pghaul'
            ORDER BY path.place
            LIMIT 1) AS name
), ledger AS (
    -- Not to_regclass('pghaul.loads'), which is an error for a role that may not look into the schema.
    SELECT to_regnamespace('pghaul') AS schema,
           (SELECT c.oid FROM pg_class c WHERE c.relnamespace = to_regnamespace('pghaul') AND c.relname = 'loads')
               AS loads
)
SELECT current_user::text, current_database()::text, target.name::text,
       has_schema_privilege(target.name, 'CREATE'),
       has_database_privilege(current_database(), 'CREATE'),
       ledger.schema IS NOT NULL,
       ledger.loads IS NOT NULL,
       CASE
           WHEN ledger.loads IS NOT NULL THEN
               has_schema_privilege(ledger.schema, 'USAGE')
               AND has_table_privilege(ledger.loads, 'SELECT')
               AND has_table_privilege(ledger.loads, 'INSERT')
               AND has_table_privilege(ledger.loads, 'UPDATE')
               AND has_table_privilege(ledger.loads, 'DELETE')
           WHEN ledger.schema IS NOT NULL THEN
               has_schema_privilege(ledger.schema, 'USAGE')
               AND has_schema_privilege(ledger.schema, 'CREATE')
           ELSE true
       END,
       pg_is_in_recovery()
FROM target, ledger
