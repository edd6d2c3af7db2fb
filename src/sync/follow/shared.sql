-- Whether a statement that changes rows of the table $1 waits for no other one that changes other rows of it: no unique index but
-- one, no exclusion constraint, no trigger but those of foreign keys.
SELECT (SELECT count(*) FROM pg_index WHERE indrelid = to_regclass($1) AND (indisunique OR indisexclusion)) <= 1
   AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal)
