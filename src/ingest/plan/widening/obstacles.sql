-- What uses a column $2 of the table $1, or of a table that inherits from it, and would stop ALTER COLUMN … TYPE (PostgreSQL's
-- source, RememberAllDependentForRebuilding). Indexes, constraints, defaults and statistics are built again by the server. The
-- view $3 with the comment $4 is no obstacle.
WITH RECURSIVE family (id) AS (
    SELECT to_regclass($1)::oid
UNION
    SELECT i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.id
)
SELECT DISTINCT CASE
           WHEN w.rulename = '_RETURN' THEN pg_describe_object('pg_class'::regclass, w.ev_class, 0)
           WHEN g.oid IS NOT NULL THEN pg_describe_object('pg_class'::regclass, g.adrelid, g.adnum)
           ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
       END AS what
FROM family f
JOIN pg_attribute a ON a.attrelid = f.id AND a.attname = ANY ($2)
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.id AND d.refobjsubid = a.attnum
LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
LEFT JOIN pg_attrdef g ON d.classid = 'pg_attrdef'::regclass AND g.oid = d.objid
                      AND (g.adrelid, g.adnum) <> (a.attrelid, a.attnum)
WHERE (d.classid IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass,
                     'pg_publication_rel'::regclass)
       -- A generated column; before PostgreSQL 15 it depends on the others itself.
       OR g.oid IS NOT NULL OR d.classid = 'pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid > 0)
  AND (w.rulename IS DISTINCT FROM '_RETURN' OR w.ev_class IS DISTINCT FROM to_regclass($3)
       OR obj_description(w.ev_class, 'pg_class') IS DISTINCT FROM $4)
ORDER BY what
