-- The input function of the type $1: its name, the number of its arguments, and the type that it gets as an argument
-- (PostgreSQL documentation, CREATE TYPE: "The input function can be declared as taking one argument of type cstring, or
-- as taking three arguments of types cstring, oid, integer").
SELECT format('%I.%I', n.nspname, p.proname), p.pronargs::int, CASE WHEN t.typelem <> 0 THEN t.typelem ELSE t.oid END
FROM pg_type t
JOIN pg_proc p ON p.oid = t.typinput
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE t.oid = to_regtype($1)
