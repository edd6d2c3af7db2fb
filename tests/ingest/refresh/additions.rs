//! What users put on a version table: it comes over to the table that takes its place, or the run says beforehand why it
//! cannot.

use pghaul_test_support::{Case, Run, Running, case};

const COLUMNS: &str = "id:int name:varchar(50) age:int";
const OTHERS: (&str, &str, &str) = ("orders", "id:int", "1\n2\n");

/// A dump of users with these columns and rows, beside one that nobody touches.
fn write(case: &Case, columns: &str, rows: &str) {
    case.dump("crm_v1", &[("users", columns, rows), OTHERS]);
}

/// Two users, loaded; then `sql`, and other rows to be loaded.
fn loaded_and_then(sql: &str) -> Case {
    let case = case!();
    case.config("mother_tables: {users: {id: int}, orders: {id: int}}");
    write(&case, COLUMNS, "1|Ann|30\n2|Bob|40\n");
    case.load("");
    case.db.execute(sql);
    write(&case, COLUMNS, "3|Cid|50\n4|Dan|60\n5|Eve|70\n");
    case
}

/// Refreshes users, and nothing else.
#[track_caller]
fn refresh(case: &Case) -> Run {
    let outcome = case.ends_with(0, "");
    assert_eq!(outcome.statuses()["v1_users"], "loaded");
    outcome.run
}

/// The refresh fails with these texts, and leaves everything as it was.
#[track_caller]
fn fails(case: &Case, texts: &[&str]) {
    let (before, definition) = (case.everything(), definition(case));
    let outcome = case.ends_with(1, "");
    for text in texts {
        outcome.run.assert_stderr_has(text);
    }
    assert_eq!(outcome.statuses()["v1_users"], "failed");
    assert_eq!(case.everything(), before);
    assert_eq!(self::definition(case), definition);
}

/// Everything that the catalogs say of v1_users but for oids, a line each.
fn definition(case: &Case) -> String {
    let parts = [
        "SELECT 'column ' || concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstattarget, \
                a.attoptions, (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(a.attacl) i), pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)) \
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = 'v1_users'::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        "SELECT 'table ' || concat_ws(' ', pg_get_userbyid(relowner), (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(relacl) i), reloptions, relreplident, \
                (SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid)) \
         FROM pg_class c WHERE oid = 'v1_users'::regclass",
        "SELECT concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisreplident, obj_description(indexrelid, 'pg_class')) \
         FROM pg_index WHERE indrelid = 'v1_users'::regclass",
        "SELECT concat_ws(' ', conname, pg_get_constraintdef(oid), condeferrable, obj_description(oid, 'pg_constraint')) \
         FROM pg_constraint WHERE conrelid = 'v1_users'::regclass",
        "SELECT concat_ws(' ', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger \
         WHERE tgrelid = 'v1_users'::regclass AND NOT tgisinternal",
        "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = 'v1_users'::regclass",
    ];
    let union = parts.join(" UNION ALL ");
    case.db.one(&format!(
        "SELECT string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM ({union}) all_of_it (line)"
    ))
}

#[test]
fn all_that_users_put_on_a_version_table_comes_over() {
    let case = loaded_and_then("");
    let [reader, owner] = [case.db.role("one"), case.db.role("two")];
    let setup = format!(
        "CREATE TABLE cities (age int PRIMARY KEY); INSERT INTO cities SELECT generate_series(1, 99);
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         GRANT CREATE ON SCHEMA public TO {owner};
         ALTER TABLE v1_users ADD PRIMARY KEY (id), ADD CONSTRAINT \"an adult\" CHECK (age > 17) NO INHERIT,
             ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
             ADD EXCLUDE USING btree (age WITH =), ADD FOREIGN KEY (age) REFERENCES cities ON DELETE CASCADE,
             ADD CHECK (id > 0) NOT VALID,
             ALTER name SET NOT NULL, ALTER name SET DEFAULT 'it''s', ALTER name SET STATISTICS 500,
             ALTER age SET (n_distinct = 7), SET (fillfactor = 70, toast.autovacuum_enabled = false);
         CREATE INDEX \"Names\" ON v1_users USING hash (lower(name)) WHERE age > 20;
         CREATE UNIQUE INDEX covering ON v1_users (id DESC) INCLUDE (name) WITH (fillfactor = 50);
         CREATE STATISTICS ages (dependencies) ON id, age FROM v1_users;
         CREATE TRIGGER always BEFORE UPDATE OF name ON v1_users FOR EACH ROW WHEN (new.age > 1) EXECUTE FUNCTION nothing();
         ALTER TABLE v1_users DISABLE TRIGGER always;
         ALTER TABLE v1_users REPLICA IDENTITY USING INDEX covering;
         COMMENT ON COLUMN v1_users.name IS 'it''s a name'; COMMENT ON INDEX \"Names\" IS 'fast';
         COMMENT ON CONSTRAINT one_name ON v1_users IS 'no two';
         GRANT SELECT, DELETE ON v1_users TO {reader}; GRANT UPDATE ON v1_users TO {reader} WITH GRANT OPTION;
         GRANT SELECT ON v1_users TO PUBLIC; GRANT UPDATE (name), SELECT (age) ON v1_users TO {reader};
         GRANT {owner} TO CURRENT_USER; ALTER TABLE v1_users OWNER TO {owner}"
    );
    case.db.execute(&setup);
    case.db.execute(&format!("ALTER DEFAULT PRIVILEGES GRANT TRUNCATE ON TABLES TO {reader}"));
    let before = definition(&case);
    assert!(before.lines().count() > 15, "{before}");

    for _ in 0..2 {
        refresh(&case);
        assert_eq!(definition(&case), before);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
        assert_eq!(case.load("")["v1_users"], "unchanged");
        write(&case, COLUMNS, "3|Cid|51\n4|Dan|61\n5|Eve|71\n");
        refresh(&case);
        write(&case, COLUMNS, "6|Fay|50\n7|Gus|60\n8|Hal|70\n");
    }
    // They are not only named, they work.
    let role = format!("SET ROLE {reader}; UPDATE v1_users SET name = 'Ida' WHERE name = 'Cid'");
    case.db.execute(&role);
    let mut client = case.db.client();
    for (sql, constraint) in [
        ("INSERT INTO v1_users VALUES (99, 'Joe', 5)", "an adult"),
        ("INSERT INTO v1_users VALUES (99, 'Joe', 100)", "v1_users_age_fkey"),
        ("INSERT INTO v1_users VALUES (3, 'Joe', 30)", "v1_users_pkey"),
    ] {
        let error = client.batch_execute(sql).unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint));
    }
}

#[test]
fn rows_that_an_added_constraint_does_not_allow_fail_their_unit() {
    let remedy = "does not fit the new one; correct the dump, or drop it";
    for (sql, texts) in [
        (
            "DELETE FROM v1_users WHERE id = 2; CREATE UNIQUE INDEX one_adult ON v1_users ((age > 17))",
            ["index one_adult", "is duplicated"],
        ),
        (
            "ALTER TABLE v1_users ADD CONSTRAINT young CHECK (age < 50)",
            ["constraint young", "violated by some row"],
        ),
        (
            "CREATE TABLE known AS TABLE v1_users; ALTER TABLE known ADD PRIMARY KEY (id); \
             ALTER TABLE v1_users ADD CONSTRAINT is_known FOREIGN KEY (id) REFERENCES known",
            ["constraint is_known", "violates foreign key"],
        ),
    ] {
        let case = loaded_and_then(sql);
        let table = format!("the old version table's {} {remedy}", texts[0]);
        fails(&case, &["error: crm_v1.zip/users.dat: ", texts[1], &table]);
    }
}

#[test]
fn what_needs_a_column_that_is_gone_goes_with_it_and_the_run_says_so() {
    let case = loaded_and_then("");
    let reader = case.db.role("one");
    case.db.execute(&format!(
        "CREATE INDEX by_age ON v1_users ((age + 1)); CREATE INDEX by_name ON v1_users (name) WHERE age > 1;
         CREATE INDEX by_id ON v1_users (id); ALTER TABLE v1_users ADD CONSTRAINT adult CHECK (age > 17);
         COMMENT ON INDEX by_age IS 'x'; COMMENT ON CONSTRAINT adult ON v1_users IS 'x'; COMMENT ON COLUMN v1_users.age IS 'x';
         GRANT SELECT (age) ON v1_users TO {reader}"
    ));
    write(&case, "id:bigint name:text", "9|Zoe\n");
    let plan = case.plan();
    plan.assert_stdout_has("--   has no place for: ").assert_stdout_has("index by_age (needs age)");
    plan.assert_stdout_has("--   puts on the new table: index by_id\n");
    let run = refresh(&case);
    for lost in ["index by_age", "index by_name", "constraint adult", "the comment on column age"] {
        run.assert_stderr_has(&format!(
            "warning: v1_users: the new version has no place for {lost} (needs age)"
        ));
    }
    assert_eq!(case.columns("v1_users"), "id integer, name text");
    assert_eq!(
        case.db.one("SELECT string_agg(indexname, ' ') FROM pg_indexes WHERE tablename = 'v1_users'"),
        "by_id"
    );
    write(&case, COLUMNS, "9|Zoe|7\n");
    refresh(&case);
    assert_eq!(case.columns("v1_users"), "id integer, name character varying(50), age integer");
}

#[test]
fn what_cannot_come_over_refuses_its_unit_before_anything_is_loaded() {
    for (sql, obstacle) in [
        ("CREATE VIEW mine AS SELECT name FROM v1_users", "view public.mine"),
        (
            "CREATE VIEW below AS SELECT v1_users FROM v1_users; CREATE VIEW above AS SELECT * FROM below",
            "view public.below",
        ),
        ("CREATE MATERIALIZED VIEW kept AS SELECT name FROM v1_users", "materialized view public.kept"),
        ("CREATE TABLE notes (who v1_users)", "column who of table public.notes"),
        (
            "CREATE FUNCTION first(v1_users) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function public.first(public.v1_users)",
        ),
        (
            "ALTER TABLE v1_users ADD PRIMARY KEY (id); CREATE TABLE notes (who int REFERENCES v1_users)",
            "constraint notes_who_fkey on table public.notes",
        ),
        (
            "ALTER TABLE v1_users ADD PRIMARY KEY (id), ADD boss int REFERENCES v1_users",
            "constraint v1_users_boss_fkey on table public.v1_users",
        ),
        ("CREATE TABLE below () INHERITS (v1_users)", "table public.below"),
        (
            "CREATE TABLE other (id int); ALTER TABLE v1_users INHERIT other",
            "its inheritance from table public.other",
        ),
        (
            "CREATE RULE quiet AS ON DELETE TO v1_users DO INSTEAD NOTHING",
            "rule quiet on table public.v1_users",
        ),
        ("CREATE POLICY mine ON v1_users USING (age > 1)", "policy mine on table public.v1_users"),
        ("ALTER TABLE v1_users ENABLE ROW LEVEL SECURITY", "its row-level security"),
        ("CREATE PUBLICATION news FOR TABLE v1_users", "publication news"),
        ("ALTER TABLE v1_users ADD note text", "column note, which no dump had"),
        ("ALTER TABLE v1_users ADD number serial", "sequence public.v1_users_number_seq"),
    ] {
        let case = loaded_and_then(sql);
        let what = "crm_v1.zip/users.dat: v1_users is not replaced, since that would break or lose: ";
        fails(
            &case,
            &[what, obstacle, "drop what depends on the old version table, or let it use the mother"],
        );
        case.plan()
            .assert_stdout_has("--   WILL FAIL, since it would break or lose: ")
            .assert_stdout_has(obstacle);
    }
}

#[test]
fn what_comes_while_the_rows_are_loaded_is_not_lost() {
    for (sql, says) in [
        ("CREATE VIEW mine AS SELECT name FROM v1_users", "would break or lose: view public.mine"),
        (
            "CREATE INDEX late ON v1_users (id)",
            "v1_users was altered while its new rows were being loaded; run again",
        ),
        (
            "GRANT SELECT ON v1_users TO PUBLIC",
            "v1_users was altered while its new rows were being loaded; run again",
        ),
    ] {
        let case = loaded_and_then("");
        let mut client = case.db.client();
        let mut reader = client.transaction().unwrap();
        reader.execute("SELECT FROM users", &[]).unwrap();
        let run = Running::start(case.ingest("").command());
        case.wait_until(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)",
        );
        case.db.execute(sql);
        reader.commit().unwrap();
        let run = run.wait();
        run.assert_code(1).assert_stderr_has(says);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
        case.db.execute("DROP VIEW IF EXISTS mine");
        refresh(&case);
        let definition = definition(&case);
        assert!(
            sql.contains("VIEW") || definition.contains("late") || definition.contains("=r/"),
            "{definition}"
        );
    }
}

#[test]
fn a_view_that_uses_the_mother_survives() {
    let case = loaded_and_then(
        "CREATE VIEW everybody AS SELECT * FROM users; \
         CREATE VIEW of_v1 AS SELECT id FROM users WHERE tableoid = to_regclass('v1_users')",
    );
    refresh(&case);
    for view in ["everybody", "of_v1"] {
        assert_eq!(
            case.db.one(&format!("SELECT string_agg(id::text, ' ' ORDER BY id) FROM {view}")),
            "3 4 5"
        );
    }
}

#[test]
fn nothing_added_is_nothing_said() {
    let case = loaded_and_then("");
    let plan = case.plan();
    plan.assert(!plan.stdout.contains("--   puts on") && !plan.stdout.contains("WILL FAIL"), "no additions");
    let run = refresh(&case);
    run.assert(!run.stderr.contains("warning"), "no warning");
}
