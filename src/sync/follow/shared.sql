-- Whether statements that change different rows of the table $1 never wait for each other: at most one unique index, no exclusion
-- constraint, and no triggers except those of foreign keys.
SELECT (SELECT count(*) FROM pg_index WHERE indrelid = to_regclass($1) AND (indisunique OR indisexclusion)) <= 1
   AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal)
