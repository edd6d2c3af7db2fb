-- What is called $2 in schema $1: whether it is a view with the comment $3, its options as a clause of CREATE VIEW, the
-- names and types of its columns, and the oids of what it reads.
SELECT c.relkind = 'v' AND obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM $3,
       (SELECT string_agg(format('%I = %L', o.option_name, o.option_value), ', ')
        FROM pg_options_to_table(c.reloptions) o),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attcollation <> t.typcollation
                            THEN (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname)
                                  FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace
                                  WHERE l.oid = a.attcollation)
                            ELSE '' END
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT DISTINCT d.refobjid
             FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
             WHERE w.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
