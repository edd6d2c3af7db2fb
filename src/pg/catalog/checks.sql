-- The CHECK constraints of the tables $2 in schema $1 that their children must have.
SELECT c.relname::text, format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = ANY ($2) AND k.contype = 'c' AND NOT k.connoinherit
ORDER BY k.conname
