-- Where this role creates tables: in the first existing schema of its search path, as the session began, but $1, which would
-- be the first one for a role of that name ("$user").
SELECT current_user::text, current_database()::text, target.name::text,
       has_schema_privilege(target.name, 'CREATE'), pg_is_in_recovery()
FROM (SELECT (SELECT path.name
              FROM unnest(current_setting('pghaul.schemas')::name[]) WITH ORDINALITY AS path (name, place)
              WHERE path.name <> $1
              ORDER BY path.place
              LIMIT 1) AS name) target
