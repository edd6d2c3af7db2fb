-- The CHECK constraints of the table $1 that need no other columns than $2, as clauses of CREATE TABLE.
SELECT format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k
WHERE k.conrelid = to_regclass($1) AND k.contype = 'c' AND k.convalidated
  AND NOT EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname::text <> ALL ($2))
ORDER BY k.conname
