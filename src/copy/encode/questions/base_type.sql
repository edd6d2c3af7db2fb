-- The type that the values of $1 are made of, below its domains and its array: its name without a modifier, and whether there
-- is an array.
WITH RECURSIVE below (oid, is_array, depth) AS (
    SELECT to_regtype($1)::oid, false, 0
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END, b.is_array OR t.typtype <> 'd', b.depth + 1
    FROM below b JOIN pg_type t ON t.oid = b.oid
    WHERE t.typtype = 'd' OR (t.typcategory = 'A' AND t.typelem <> 0)
)
SELECT format_type(oid, NULL), is_array FROM below ORDER BY depth DESC LIMIT 1
