-- Shadows of all that PostgreSQL has, in schema public: functions and aggregates, operators, relations and types. Each says so in
-- the server's log when pghaul uses it, and gives nothing of use. Those that a role cannot make, such as functions with arguments
-- of type internal, no statement of a client can call either.
SET search_path = pg_catalog;
SET check_function_bodies = off;

CREATE FUNCTION public.note(what text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF pg_catalog.current_setting('application_name') OPERATOR(pg_catalog.=) 'pghaul' THEN
        RAISE LOG 'shadow in %: %', pg_catalog.current_database(), what;
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION public.counted(state int8) RETURNS int8 LANGUAGE sql AS 'SELECT 1 FROM public.note(''count(*)'')';
CREATE AGGREGATE public.count(*) (SFUNC = public.counted, STYPE = int8, INITCOND = '0');

DO $$
DECLARE
    thing record;
    body text;
BEGIN
    -- Functions of the same arguments: on this search path they come before PostgreSQL's. VARIADIC "any" nobody can write, so
    -- there is one for each small number of texts, names and numbers.
    FOR thing IN
        SELECT p.proname, p.proretset, p.prorettype,
               CASE WHEN p.proargtypes::text ~ '\m2276\M' THEN lists.list ELSE oidvectortypes(p.proargtypes) END AS arguments
        FROM pg_proc p
        CROSS JOIN LATERAL (
            SELECT '' AS list WHERE p.proargtypes::text !~ '\m2276\M'
            UNION ALL
            SELECT array_to_string(array_fill(kind, ARRAY[number]), ', ')
            FROM unnest('{text,name,int4,int8,oid,anyelement}'::text[]) kind, generate_series(1, 4) number
            WHERE p.proargtypes::text ~ '\m2276\M'
            UNION ALL
            SELECT 'text, ' || array_to_string(array_fill(kind, ARRAY[number]), ', ')
            FROM unnest('{name,int4,int8,oid,anyelement}'::text[]) kind, generate_series(1, 4) number
            WHERE p.proargtypes::text ~ '\m2276\M'
        ) lists
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w')
    LOOP
        BEGIN
            body := format('BEGIN PERFORM public.note(%L); RETURN%s; END', thing.proname,
                           CASE WHEN thing.proretset OR thing.prorettype = 'void'::regtype THEN '' ELSE ' NULL' END);
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L', thing.proname, thing.arguments,
                           CASE WHEN thing.proretset THEN 'SETOF ' END, format_type(thing.prorettype, NULL), body);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    FOR thing IN SELECT o.* FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace LOOP
        BEGIN
            body := format('BEGIN PERFORM public.note(%L); RETURN NULL; END', 'operator ' || thing.oprname);
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', 'operator_' || thing.oid,
                           concat_ws(', ', NULLIF(thing.oprleft, 0)::regtype, NULLIF(thing.oprright, 0)::regtype),
                           thing.oprresult::regtype, body);
            EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = public.%I %s %s)', thing.oprname, 'operator_' || thing.oid,
                           ', LEFTARG = ' || NULLIF(thing.oprleft, 0)::regtype, ', RIGHTARG = ' || NULLIF(thing.oprright, 0)::regtype);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    -- Operators and functions that fit what a statement has better than PostgreSQL's own do: these win on any search path.
    FOR thing IN SELECT * FROM unnest('{=,<>,<,>,<=,>=,~,!~,~~,!~~,~~*}'::text[]) sign, unnest('{varchar,name,text,bpchar}'::text[]) l,
                               unnest('{varchar,name,text,bpchar}'::text[]) r LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.fitting(%1$s, %2$s) RETURNS bool LANGUAGE sql AS $f$ SELECT public.note(''fitting'') $f$',
                           thing.l, thing.r);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
        BEGIN
            EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = public.fitting, LEFTARG = %s, RIGHTARG = %s)', thing.sign, thing.l, thing.r);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    FOR thing IN
        SELECT c.relname, string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum) AS columns
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
        GROUP BY c.relname
    LOOP
        BEGIN
            EXECUTE format('CREATE VIEW public.%I AS SELECT %s FROM pg_catalog.%1$I t WHERE public.note(%L)', thing.relname,
                           thing.columns, 'relation ' || thing.relname);
            EXECUTE format('GRANT SELECT ON public.%I TO PUBLIC', thing.relname);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    FOR thing IN
        SELECT t.typname FROM pg_type t
        WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype = 'b' AND t.typelem = 0 AND t.typname !~ '^_'
    LOOP
        BEGIN
            EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.%1$I CHECK (public.note(%L))', thing.typname, 'type ' || thing.typname);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
