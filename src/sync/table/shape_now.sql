-- The table of the parameter now: its oid and columns in one text, which changes with them; whether row security hides rows of it from the role;
-- and the clock.
SELECT c.oid::text || ' ' || md5(string_agg(
           concat_ws(' ', quote_ident(a.attname), a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.attgenerated),
           ',' ORDER BY a.attnum)) AS shape,
       row_security_active(c.oid) AS hides_rows,
       clock_timestamp()::text AS clock
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = to_regclass($1)
GROUP BY c.oid
