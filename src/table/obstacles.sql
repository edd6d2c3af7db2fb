-- What would be lost without a word, or would stop the swap, if another table with the columns $3 took the place of the table
-- $1, a child of $2 (or of none). The view $4 with the comment $5 is no obstacle: it will use the other table.
WITH old AS (
    SELECT c.*, c.oid AS id, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass($1)
)
SELECT DISTINCT what
FROM (
    -- Objects that use the table or its row type: DROP TABLE would refuse. The table's own objects are dropped with it.
    SELECT CASE WHEN w.rulename = '_RETURN' THEN pg_describe_object('pg_class'::regclass, w.ev_class, 0)
                ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS what
    FROM old
    JOIN pg_type t ON t.oid = old.reltype
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = old.id
                     OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    WHERE d.deptype = 'n'
      -- A view's own rule refers to the view.
      AND (w.rulename IS DISTINCT FROM '_RETURN' OR w.ev_class <> old.id)
      AND (w.rulename IS DISTINCT FROM '_RETURN' OR w.ev_class IS DISTINCT FROM to_regclass($4)
           OR obj_description(w.ev_class, 'pg_class') IS DISTINCT FROM $5)
      AND NOT EXISTS (SELECT FROM pg_constraint k
                      WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
                        AND k.conrelid = old.id AND k.confrelid <> old.id)
      AND NOT EXISTS (SELECT FROM pg_attrdef f
                      WHERE d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid AND f.adrelid = old.id)
      AND NOT EXISTS (SELECT FROM pg_index i
                      WHERE d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid AND i.indrelid = old.id)
      AND NOT EXISTS (SELECT FROM pg_trigger g
                      WHERE d.classid = 'pg_trigger'::regclass AND g.oid = d.objid AND g.tgrelid = old.id)
      AND NOT EXISTS (SELECT FROM pg_policy p
                      WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid AND p.polrelid = old.id)
UNION ALL
    SELECT pg_describe_object('pg_rewrite'::regclass, w.oid, 0) 
    FROM old JOIN pg_rewrite w ON w.ev_class = old.id WHERE w.rulename <> '_RETURN'
UNION ALL
    SELECT pg_describe_object('pg_policy'::regclass, p.oid, 0) FROM old JOIN pg_policy p ON p.polrelid = old.id
UNION ALL
    SELECT 'its row-level security' FROM old WHERE old.relrowsecurity OR old.relforcerowsecurity
UNION ALL
    SELECT 'publication ' || p.pubname
    FROM old JOIN pg_publication_rel r ON r.prrelid = old.id JOIN pg_publication p ON p.oid = r.prpubid
UNION ALL
    SELECT pg_describe_object(d.classid, d.objid, 0)
    FROM old
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = old.id
                    AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
UNION ALL
    SELECT 'its inheritance from ' || pg_describe_object('pg_class'::regclass, i.inhparent, 0)
    FROM old JOIN pg_inherits i ON i.inhrelid = old.id WHERE i.inhparent IS DISTINCT FROM to_regclass($2)
UNION ALL
    -- Columns with values that pghaul has not loaded.
    SELECT 'column ' || a.attname || ', which no dump had'
    FROM old
    JOIN pghaul.loads l ON l.schema_name = old.nspname AND l.unit = old.relname
    JOIN pg_attribute a ON a.attrelid = old.id
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0 AND a.attname::text <> ALL ($3)
      AND jsonb_typeof(l.fingerprint -> 'mother') = 'array' AND jsonb_typeof(l.fingerprint -> 'columns') = 'array'
      AND NOT EXISTS (SELECT FROM jsonb_array_elements((l.fingerprint -> 'mother') || (l.fingerprint -> 'columns')) c
                      WHERE c ->> 0 = a.attname)
) found
ORDER BY what
