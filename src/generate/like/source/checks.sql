-- The CHECK constraints of the tables $1: table, name, numbers of the columns, expression, definition.
SELECT k.conrelid, k.conname::text, coalesce(k.conkey::int4[], '{}'), pg_get_expr(k.conbin, k.conrelid), pg_get_constraintdef(k.oid)
FROM pg_constraint k
WHERE k.conrelid = ANY ($1) AND k.contype = 'c'
ORDER BY k.conrelid, k.conname
