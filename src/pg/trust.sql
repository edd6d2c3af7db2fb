-- Of these, what belongs to a role that this role has no reason to trust: the relations of the names $2 in schema $1, or where $2
-- is null all of them and the schema itself; and the type with oid $3. A row for each: what it is, its name, its owner, this role.
-- This role trusts itself, superusers, the database's owner, and the roles that it is a member of. `pg_has_role` does not tell
-- those, since it is true for superusers.
WITH RECURSIVE trusted (role) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
UNION
    SELECT m.roleid FROM trusted t JOIN pg_auth_members m ON m.member = t.role
), things (what, name, owner) AS (
    SELECT 'schema', quote_ident(nspname), nspowner FROM pg_namespace WHERE nspname = $1 AND $2::text[] IS NULL
UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
           format('%I.%I', n.nspname, c.relname), c.relowner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ($2 IS NULL OR c.relname = ANY ($2))
UNION ALL
    SELECT 'type', format_type(oid, NULL), typowner FROM pg_type WHERE oid = $3::oid
)
SELECT things.what, things.name, owner.rolname::text, current_user::text
FROM things
JOIN pg_roles owner ON owner.oid = things.owner
WHERE NOT owner.rolsuper
  AND owner.rolname <> 'pg_database_owner'
  AND owner.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
  AND NOT EXISTS (SELECT FROM trusted WHERE trusted.role = owner.oid)
ORDER BY things.what <> 'schema', things.name
