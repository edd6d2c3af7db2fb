-- The columns of the table $1 that take their values from a sequence of their own which we may set: name; its sequence; and whether an
-- index finds the greatest value.
SELECT a.attname::text, s.name,
       EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
               WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid AND m.amname = 'btree')
FROM pg_attribute a
CROSS JOIN LATERAL (SELECT pg_get_serial_sequence($1, a.attname) AS name) s
JOIN pg_sequence q ON q.seqrelid = to_regclass(s.name)
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR a.atthasdef)
  AND q.seqincrement > 0 AND has_sequence_privilege(q.seqrelid, 'UPDATE')
