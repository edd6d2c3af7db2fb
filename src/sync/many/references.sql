-- The foreign keys between different tables: schema and name of the table that refers, and of the one that it refers to.
SELECT DISTINCT n.nspname::text, c.relname::text, rn.nspname::text, r.relname::text
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = k.confrelid
JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
