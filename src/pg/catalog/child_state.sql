-- The table $1: its comment, whether it is unlogged, whether an unlogged one has no byte, and whether it inherits from $2.
SELECT obj_description(c.oid, 'pg_class'),
       c.relpersistence = 'u', c.relpersistence = 'u' AND coalesce(pg_relation_size(c.oid) = 0, false),
       EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid AND inhparent = to_regclass($2))
FROM pg_class c
WHERE c.oid = to_regclass($1)
