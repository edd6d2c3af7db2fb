-- The additions of users to the table or view $1, a child of $2 (or of none), as statements that put the same on the table
-- $3. That has the columns $4, and will take the place and the name of $1. A row for each: when to execute it (0: while no
-- other session sees $3; 1: then too, but it locks another table; 2: when $3 has its name), what it is, the statement, and
-- the columns that it needs and $3 lacks.
--
-- The names of indexes are taken while $1 exists, so the new ones have other names until $1 is gone. The definition of an
-- index or a constraint comes from PostgreSQL; of an index's, only the part behind its name and its table is used.
WITH old AS (
    SELECT c.*, n.nspname, c.oid AS id FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass($1)
), columns AS (
    SELECT a.* FROM old JOIN pg_attribute a ON a.attrelid = old.id
    WHERE a.attnum > 0 AND NOT a.attisdropped
), constraints AS (
    SELECT k.*, k.oid AS id, format('pghaul_index_%s', k.conindid) AS temporary,
           CASE k.contype WHEN 'p' THEN 'primary key ' ELSE 'constraint ' END || k.conname AS what
    FROM old JOIN pg_constraint k ON k.conrelid = old.id
    WHERE k.contype IN ('p', 'u', 'x', 'f')
       -- The new table has its own one of this name: which version it holds.
       OR k.contype = 'c' AND k.coninhcount = 0 AND k.conname <> 'pghaul_version'
          -- A table that a user has detached still has its mother's.
          AND NOT EXISTS (SELECT FROM pg_constraint m
                          WHERE m.conrelid = to_regclass($2) AND m.conname = k.conname AND m.contype = 'c'
                            AND NOT m.connoinherit)
       -- From PostgreSQL 18 on.
       OR k.contype = 'n' AND k.coninhcount = 0
          AND NOT EXISTS (SELECT FROM columns a JOIN pg_attribute m USING (attname)
                          WHERE a.attnum = ANY (k.conkey) AND m.attrelid = to_regclass($2) AND m.attnotnull)
), indexes AS (
    SELECT i.indexrelid AS id, c.relname, format('pghaul_index_%s', i.indexrelid) AS temporary,
           'index ' || c.relname AS what, pg_get_indexdef(i.indexrelid) AS definition,
           format('CREATE %sINDEX %I ON %I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
                  old.nspname, old.relname) AS beginning,
           i.indisunique, i.indisreplident
    FROM old JOIN pg_index i ON i.indrelid = old.id JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisvalid
), free_indexes AS (
    SELECT i.* FROM indexes i WHERE NOT EXISTS (SELECT FROM constraints k WHERE k.conindid = i.id AND k.contype <> 'f')
), things (place, moment, what, statement, classid, objid, index_id, column_name) AS (
    SELECT 1, 0, 'its owner', format('ALTER TABLE %s OWNER TO %I', $3::text, pg_get_userbyid(old.relowner)),
           0::oid, 0::oid, 0::oid, NULL::text
    FROM old WHERE pg_get_userbyid(old.relowner) <> current_user
UNION ALL
    SELECT 2, 0, 'storage parameters',
           format('ALTER TABLE %s SET (%s)', $3::text,
                  string_agg(format('%s%I = %L', o.prefix, o.option_name, o.option_value), ', ' ORDER BY o.prefix, o.option_name)),
           0, 0, 0, NULL
    FROM (SELECT '' AS prefix, o.* FROM old, pg_options_to_table(old.reloptions) o
          UNION ALL
          SELECT 'toast.', o.* FROM old JOIN pg_class t ON t.oid = old.reltoastrelid, pg_options_to_table(t.reloptions) o) o
    HAVING count(*) > 0
UNION ALL
    SELECT 3, 0, 'the statistics target of column ' || a.attname,
           format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', $3::text, a.attname, a.attstattarget),
           0, 0, 0, a.attname::text
    FROM columns a WHERE a.attstattarget >= 0
UNION ALL
    SELECT 4, 0, 'the options of column ' || a.attname,
           format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', $3::text, a.attname,
                  (SELECT string_agg(format('%I = %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name)
                   FROM pg_options_to_table(a.attoptions) o)),
           0, 0, 0, a.attname::text
    FROM columns a WHERE a.attoptions IS NOT NULL
UNION ALL
    SELECT 5, 0, 'the default of column ' || a.attname,
           format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', $3::text, a.attname, pg_get_expr(d.adbin, d.adrelid)),
           0, 0, 0, a.attname::text
    FROM columns a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attgenerated = ''
UNION ALL
    SELECT 6, 0, 'NOT NULL of column ' || a.attname,
           format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', $3::text, a.attname), 0, 0, 0, a.attname::text
    FROM columns a
    WHERE a.attnotnull
      AND NOT EXISTS (SELECT FROM constraints k WHERE k.contype IN ('p', 'n') AND a.attnum = ANY (k.conkey))
      AND NOT EXISTS (SELECT FROM pg_attribute m
                      WHERE m.attrelid = to_regclass($2) AND m.attname = a.attname AND m.attnotnull)
UNION ALL
    SELECT 7, 0, k.what, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $3::text, k.conname, pg_get_constraintdef(k.id)),
           'pg_constraint'::regclass, k.id, 0, NULL
    FROM constraints k WHERE k.contype IN ('c', 'n')
UNION ALL
    SELECT 8, 0, k.what, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $3::text, k.temporary, pg_get_constraintdef(k.id)),
           'pg_constraint'::regclass, k.id, k.conindid, NULL
    FROM constraints k WHERE k.contype IN ('p', 'u', 'x')
UNION ALL
    SELECT 8, 2, NULL, format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', $1::text, k.temporary, k.conname),
           'pg_constraint'::regclass, k.id, k.conindid, NULL
    FROM constraints k WHERE k.contype IN ('p', 'u', 'x')
UNION ALL
    SELECT 9, 0, i.what,
           format('CREATE %sINDEX %I ON %s %s', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, i.temporary, $3::text,
                  -- A definition of another form would make a syntax error here, and nothing would change.
                  CASE WHEN starts_with(i.definition, i.beginning) THEN substr(i.definition, length(i.beginning) + 1)
                       ELSE i.definition END),
           'pg_class'::regclass, i.id, i.id, NULL
    FROM free_indexes i
UNION ALL
    SELECT 9, 2, NULL, format('ALTER INDEX %I.%I RENAME TO %I', old.nspname, i.temporary, i.relname),
           'pg_class'::regclass, i.id, i.id, NULL
    FROM old, free_indexes i
UNION ALL
    SELECT 10, 1, k.what, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $3::text, k.conname, pg_get_constraintdef(k.id)),
           'pg_constraint'::regclass, k.id, 0, NULL
    FROM constraints k WHERE k.contype = 'f'
UNION ALL
    SELECT 11, 0, 'grants to ' || g.grantee,
           format('GRANT %s ON TABLE %s TO %s%s', g.rights, $3::text, g.grantee, g.ending), 0, 0, 0, NULL
    FROM (SELECT string_agg(e.privilege_type, ', ' ORDER BY e.privilege_type) AS rights,
                 CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS grantee,
                 CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS ending
          FROM old, aclexplode(old.relacl) e WHERE e.grantee <> old.relowner
          GROUP BY e.grantee, e.is_grantable) g
UNION ALL
    SELECT 12, 0, format('the grant of %s on column %s to %s', g.privilege_type, g.attname, g.grantee),
           format('GRANT %s (%I) ON TABLE %s TO %s%s', g.privilege_type, g.attname, $3::text, g.grantee, g.ending),
           0, 0, 0, g.attname
    FROM (SELECT a.attname::text, e.privilege_type,
                 CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS grantee,
                 CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS ending
          FROM old, columns a, aclexplode(a.attacl) e WHERE e.grantee <> old.relowner) g
UNION ALL
    SELECT 13, 0, 'the comment on column ' || a.attname,
           format('COMMENT ON COLUMN %s.%I IS %L', $3::text, a.attname, col_description(a.attrelid, a.attnum)),
           0, 0, 0, a.attname::text
    FROM columns a WHERE col_description(a.attrelid, a.attnum) IS NOT NULL
UNION ALL
    SELECT 14, 2, NULL,
           format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, $1::text, obj_description(k.id, 'pg_constraint')),
           'pg_constraint'::regclass, k.id, k.conindid, NULL
    FROM constraints k WHERE obj_description(k.id, 'pg_constraint') IS NOT NULL
UNION ALL
    SELECT 15, 2, NULL,
           format('COMMENT ON INDEX %I.%I IS %L', old.nspname, i.relname, obj_description(i.id, 'pg_class')),
           'pg_class'::regclass, i.id, i.id, NULL
    FROM old, indexes i WHERE obj_description(i.id, 'pg_class') IS NOT NULL
UNION ALL
    SELECT 16, 2, 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid),
           'pg_statistic_ext'::regclass, s.oid, 0, NULL
    FROM old JOIN pg_statistic_ext s ON s.stxrelid = old.id
UNION ALL
    SELECT 17, 2, 'trigger ' || t.tgname, pg_get_triggerdef(t.oid), 'pg_trigger'::regclass, t.oid, 0, NULL
    FROM old JOIN pg_trigger t ON t.tgrelid = old.id WHERE NOT t.tgisinternal
UNION ALL
    SELECT 18, 2, NULL,
           format('ALTER TABLE %s %s TRIGGER %I', $1::text,
                  CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
                  t.tgname),
           'pg_trigger'::regclass, t.oid, 0, NULL
    FROM old JOIN pg_trigger t ON t.tgrelid = old.id WHERE NOT t.tgisinternal AND t.tgenabled <> 'O'
UNION ALL
    SELECT 19, 2, 'the replica identity',
           format('ALTER TABLE %s REPLICA IDENTITY %s', $1::text,
                  CASE old.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
                  ELSE format('USING INDEX %I', i.relname) END),
           'pg_class'::regclass, i.id, i.id, NULL
    FROM old LEFT JOIN indexes i ON i.indisreplident
    -- Views have none, which is called 'n' too.
    WHERE old.relkind <> 'v' AND (old.relreplident IN ('f', 'n') OR old.relreplident = 'i' AND i.id IS NOT NULL)
)
SELECT things.moment, things.what, things.statement,
       ARRAY(SELECT a.attname::text FROM columns a
             WHERE a.attname::text <> ALL ($4)
               AND (a.attname = things.column_name
                    OR EXISTS (SELECT FROM pg_depend d
                               WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                                 AND d.refobjsubid = a.attnum
                                 AND (d.classid = things.classid AND d.objid = things.objid
                                      OR d.classid = 'pg_class'::regclass AND d.objid = things.index_id)))
             ORDER BY a.attnum) AS lost
FROM things
ORDER BY things.moment, things.place, things.statement
