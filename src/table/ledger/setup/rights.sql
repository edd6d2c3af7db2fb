-- Whether the ledger exists, and whether this role may create or use it. A list of privileges in one call means "any of
-- them", so each has its own call.
WITH ledger AS (
    -- Not to_regclass('pghaul.loads'), which is an error for a role that may not look into the schema.
    SELECT to_regnamespace('pghaul') AS schema,
           (SELECT c.oid FROM pg_class c WHERE c.relnamespace = to_regnamespace('pghaul') AND c.relname = 'loads')
               AS loads
)
SELECT current_user::text, current_database()::text,
       ledger.schema IS NOT NULL OR has_database_privilege(current_database(), 'CREATE'),
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
       END
FROM ledger
