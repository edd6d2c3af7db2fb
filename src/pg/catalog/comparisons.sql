(SELECT n.nspname::text
 FROM pg_opclass k
 JOIN pg_am m ON m.oid = k.opcmethod AND m.amname = 'btree'
 JOIN pg_amop p ON p.amopfamily = k.opcfamily AND p.amopstrategy = 3 AND p.amoplefttype = k.opcintype AND p.amoprighttype = k.opcintype
 JOIN pg_operator o ON o.oid = p.amopopr
 JOIN pg_namespace n ON n.oid = o.oprnamespace AND n.nspname <> 'pg_catalog'
 WHERE k.opcintype = b.oid AND k.opcdefault)
