//! Union views: `<mother>_all` shows every column of every version, whatever happens to the versions.

use crate::dumps::LARGE_BYTES;
use pghaul_test_support::{Case, case, server};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const VIEWS: &str = "views: true\nmother_tables: {users: {id: int}}";
const V1: (&str, &str, &str) = ("users", "id:int Email:varchar(50) age:int", "1|a@x|30\n2|b@x|40\n");
const V2: (&str, &str, &str) = ("users", "id:int email:varchar(50) age:date", "3|c@x|2001-02-03\n");

/// Two versions that differ, loaded with union views.
fn loaded() -> Case {
    let case = case!();
    case.config(VIEWS);
    case.dump("crm_v1", &[V1]);
    case.dump("crm_v2", &[V2]);
    case.load("");
    case
}

/// The rows of users_all in the order of their ids, a line each.
#[track_caller]
fn rows(case: &Case) -> String {
    case.db.one("SELECT coalesce(string_agg(v::text, E'\\n' ORDER BY id), '') FROM users_all v")
}

fn exists(case: &Case, relation: &str) -> bool {
    case.db.one(&format!("SELECT to_regclass('{relation}') IS NOT NULL")) == "t"
}

#[test]
fn the_view_has_every_column_of_every_version() {
    let case = loaded();
    assert_eq!(
        case.columns("users_all"),
        "version_table text, id integer, Email character varying(50), age text"
    );
    assert_eq!(rows(&case), "(v1_users,1,a@x,30)\n(v1_users,2,b@x,40)\n(v2_users,3,c@x,2001-02-03)");
    // One table is read where one is asked for.
    let plan = case.db.rows("EXPLAIN SELECT * FROM users_all WHERE version_table = 'v2_users'");
    let plan = format!("{plan:?}");
    assert!(plan.contains("v2_users") && !plan.contains("v1_users"), "{plan}");

    // A user's rows in the mother, and a user's table under her.
    case.db.execute("INSERT INTO users VALUES (4); CREATE TABLE mine (note text) INHERITS (users); INSERT INTO mine VALUES (5, 'x')");
    case.load("");
    assert_eq!(
        case.columns("users_all"),
        "version_table text, id integer, Email character varying(50), age text, note text"
    );
    assert_eq!(
        rows(&case),
        "(v1_users,1,a@x,30,)\n(v1_users,2,b@x,40,)\n(v2_users,3,c@x,2001-02-03,)\n(users,4,,,)\n(mine,5,,,x)"
    );
    let xmin = "SELECT xmin FROM pg_class WHERE relname = 'users_all'";
    let before = (case.everything(), case.db.one(xmin));
    case.load("");
    assert_eq!((case.everything(), case.db.one(xmin)), before, "nothing to do is nothing done");
}

#[test]
fn the_view_follows_every_publication_and_keeps_what_uses_it() {
    let case = loaded();
    let reader = case.db.role("reader");
    case.db.execute(&format!(
        "CREATE VIEW mine AS SELECT id, \"Email\" FROM users_all; GRANT SELECT ON users_all TO {reader};
         ALTER VIEW users_all SET (security_barrier = true)"
    ));
    let oid = case.db.one("SELECT 'users_all'::regclass::oid");
    // A refresh, a new version with a new column, and both through many streams' path as through one's.
    case.dump("crm_v1", &[("users", V1.1, "7|z@x|70\n")]);
    case.dump("crm_v3", &[("users", "id:int city:text", "9|Bonn\n")]);
    let statuses = case.load("");
    assert_eq!((statuses["v1_users"].as_str(), statuses["v2_users"].as_str()), ("loaded", "unchanged"));
    assert_eq!(
        case.columns("users_all"),
        "version_table text, id integer, Email character varying(50), age text, city text"
    );
    assert_eq!(rows(&case), "(v2_users,3,c@x,2001-02-03,)\n(v1_users,7,z@x,70,)\n(v3_users,9,,,Bonn)");
    assert_eq!(case.db.one("SELECT 'users_all'::regclass::oid"), oid, "replaced, not made anew");
    assert_eq!(case.db.one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM mine"), "3 7 9");
    assert_eq!(case.db.one(&format!("SELECT has_table_privilege('{reader}', 'users_all', 'SELECT')")), "t");
    assert_eq!(
        case.db.one("SELECT reloptions::text FROM pg_class WHERE relname = 'users_all'"),
        "{security_barrier=true}"
    );
}

#[test]
fn columns_that_go_or_change_their_type_make_a_new_view_with_all_that_was_on_it() {
    let case = loaded();
    let [reader, owner] = [case.db.role("reader"), case.db.role("owner")];
    case.db.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO {owner}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {owner};
         GRANT SELECT ON users_all TO {reader};
         GRANT SELECT (age) ON users_all TO {reader}; COMMENT ON COLUMN users_all.id IS 'who';
         ALTER VIEW users_all SET (security_barrier = true); ALTER VIEW users_all OWNER TO {owner}"
    ));
    case.dump("crm_v2", &[("users", "id:int age:int", "3|50\n")]);
    case.load("");
    assert_eq!(
        case.columns("users_all"),
        "version_table text, id integer, Email character varying(50), age integer"
    );
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    let run = case.ends_with(0, "").run;
    run.assert(!run.stderr.contains("no place"), "nothing is lost");
    assert_eq!(case.columns("users_all"), "version_table text, id integer, age integer");
    assert_eq!(rows(&case), "(v1_users,1,)\n(v2_users,3,50)");
    let about = "SELECT concat_ws(' ', pg_get_userbyid(relowner), reloptions, col_description(oid, 2), \
                 has_column_privilege($role, oid, 'age', 'SELECT'), has_table_privilege($role, oid, 'SELECT'), \
                 obj_description(oid)) FROM pg_class WHERE relname = 'users_all'";
    let about = about.replace("$role", &format!("'{reader}'"));
    assert_eq!(
        case.db.one(&about),
        format!("{owner} {{security_barrier=true}} who t t union view, made by pghaul")
    );
}

#[test]
fn users_of_a_column_that_would_go_refuse_the_unit_beforehand() {
    let case = loaded();
    case.db.execute("CREATE VIEW mine AS SELECT \"Email\" FROM users_all");
    case.dump("crm_v1", &[("users", "id:int age:date", "1|2001-01-01\n")]);
    let before = (case.everything(), rows(&case));
    let says = "not loaded, since users_all would lose a column, or get another type for one, which would break: view public.mine";
    case.plan().assert_stdout_has(&format!("--   WILL FAIL: {says}"));
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has(&format!("error: crm_v1.zip/users.dat: {says}; drop what uses users_all"));
    assert_eq!((case.everything(), rows(&case)), before);
    case.db.execute("DROP VIEW mine");
    case.load("");
    assert_eq!(rows(&case), "(v1_users,1,2001-01-01,)\n(v2_users,3,2001-02-03,c@x)");
}

#[test]
fn views_are_made_for_what_is_loaded_already_and_kept_current_once_they_are_there() {
    let case = case!();
    case.config("mother_tables: {users: {id: int}}");
    case.dump("crm_v1", &[V1]);
    case.load("");
    assert!(!exists(&case, "users_all"));
    case.config(VIEWS);
    assert_eq!(case.load("")["v1_users"], "unchanged");
    assert_eq!(rows(&case), "(v1_users,1,a@x,30)\n(v1_users,2,b@x,40)");
    // Dropped by hand, it is made again.
    case.db.execute("DROP VIEW users_all");
    assert_eq!(case.load("")["v1_users"], "unchanged");
    assert!(exists(&case, "users_all"));

    case.config("views: false\nmother_tables: {users: {id: int}}");
    case.dump("crm_v1", &[("users", V1.1, "5|e@x|50\n")]);
    case.dump("crm_v2", &[V2]);
    case.load("");
    assert_eq!(rows(&case), "(v2_users,3,c@x,2001-02-03)\n(v1_users,5,e@x,50)");
    case.db.execute("DROP VIEW users_all");
    case.load("--force");
    assert!(!exists(&case, "users_all"), "dropped, it stays away");
}

#[test]
fn recreate_makes_it_anew_and_purge_drops_it() {
    let case = loaded();
    let plan = case.plan();
    plan.assert_stdout_has(
        "-- Union views\n-- users_all: version_table text, id integer, Email character varying(50), age text\n\
         CREATE OR REPLACE VIEW \"public\".\"users_all\" AS\nSELECT 'users'::text AS \"version_table\"",
    );
    case.load("--mothers recreate");
    assert_eq!(rows(&case).lines().count(), 3);
    case.ends_with(0, "--mothers purge");
    assert!(!exists(&case, "users_all") && !exists(&case, "users"));
    case.plan().assert_stdout_has("-- users_all: version_table text, id integer, Email");
    case.load("");
    assert_eq!(rows(&case).lines().count(), 3);
    case.db.execute("CREATE VIEW mine AS SELECT id FROM users_all");
    let outcome = case.ends_with(2, "--mothers purge");
    outcome.run.assert_stderr_has("view public.mine depends on view public.users_all");
    assert_eq!(rows(&case).lines().count(), 3);
}

#[test]
fn what_has_the_views_name_is_refused_and_stays() {
    for (sql, what) in [
        ("CREATE TABLE users_all (id int)", "there is a table of that name that pghaul did not make"),
        ("CREATE VIEW users_all AS SELECT 1 AS one", "there is a view of that name that pghaul did not make"),
    ] {
        let case = case!();
        case.config(VIEWS);
        case.dump("crm_v1", &[V1]);
        case.db.execute(sql);
        let before = case.everything();
        let run = case.ends_with(2, "").run;
        run.assert_stderr_has(&format!(
            "table users: its union view would be users_all, but {what}; rename or drop that one, or set views: false"
        ));
        assert_eq!(case.everything(), before);
        case.config("mother_tables: {users: {id: int}}");
        case.load("");
    }
    let case = case!();
    case.config("views: true");
    let long = "x".repeat(60);
    case.config(&format!(
        "views: true\nxport_cfg: {{child_name: '{{version}}{{table}}'}}\nmother_tables: {{{long}: {{id: int}}}}"
    ));
    case.dump("crm_v1", &[(&long, "id:int", "1\n")]);
    let run = case.ends_with(2, "").run;
    run.assert_stderr_has("would have a name of 64 bytes; PostgreSQL allows 63; set views: false");
    let case = case!();
    case.config("views: true");
    case.dump("crm_v1", &[V1, ("users_all", "id:int", "1\n")]);
    case.ends_with(2, "").run.assert_stderr_has("would be users_all, but a table of this run has that name");
}

/// What a reader may see of each version: all its rows, of one generation.
fn write(case: &Case, generation: usize, rows: usize, row_bytes: usize) {
    let row = format!("{generation}|{}\n", "x".repeat(row_bytes));
    for version in ["crm_v1", "crm_v2", "crm_v3"] {
        case.dump(version, &[("users", "generation:int filler:text", &row.repeat(rows))]);
    }
}

/// Counts through the view, and through the mother beside it, as long as `work` lasts: every version is there each time, with
/// rows of one generation; both in one transaction must not stop a run either.
fn read_during(case: &Case, work: impl FnOnce()) -> BTreeSet<i64> {
    let by_version = "SELECT version_table, count(*), count(DISTINCT generation) FROM users_all GROUP BY 1";
    let done = AtomicBool::new(false);
    let read_until_done = |way: usize| {
        let mut client = case.db.client();
        let statement = client.prepare(by_version).unwrap();
        let mut seen = BTreeSet::new();
        while !done.load(Ordering::Relaxed) {
            let mut transaction = client.transaction().unwrap();
            let before = ["", "SELECT FROM users LIMIT 1", "SELECT FROM v1_users LIMIT 1"][way];
            transaction.batch_execute(before).unwrap();
            if way > 0 {
                // Long enough to be met by a publication, and short enough to let it pass.
                std::thread::sleep(Duration::from_millis(5));
            }
            let rows = match way {
                0 => transaction.query(&statement, &[]),
                _ => transaction.query(by_version, &[]),
            };
            let rows = rows.unwrap();
            transaction.commit().unwrap();
            std::thread::sleep(Duration::from_millis(40 * way as u64));
            assert_eq!(rows.len(), 3, "a gap: {rows:?}");
            for row in rows {
                assert_eq!(row.get::<_, i64>(2), 1, "a mix: {row:?}");
                seen.insert(row.get(1));
            }
        }
        seen
    };
    std::thread::scope(|scope| {
        let read_until_done = &read_until_done;
        let readers = [0, 1, 2].map(|way| scope.spawn(move || read_until_done(way)));
        work();
        done.store(true, Ordering::Relaxed);
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    })
}

#[test]
fn readers_of_the_view_see_the_old_or_the_new_rows_and_never_a_gap_or_a_mix() {
    let case = case!();
    case.config("views: true");
    write(&case, 0, 100, 1);
    case.load("");
    let seen = read_during(&case, || {
        for refresh in 1..=4 {
            write(&case, refresh, if refresh % 2 == 0 { 100 } else { 300 }, 1);
            let statuses = case.load(if refresh % 3 == 0 { "--workers 1" } else { "--workers 3" });
            assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
        }
    });
    assert_eq!(seen, BTreeSet::from([100, 300]));
    assert!(!server().log().contains("deadlock detected"));
}

#[test]
fn a_large_file_takes_the_view_along() {
    const ROW_BYTES: usize = 1 << 16;
    const ROWS: usize = LARGE_BYTES / ROW_BYTES;
    let case = case!();
    case.config("views: true");
    write(&case, 0, 10, 1);
    case.load("");
    let row = format!("1|{}\n", "x".repeat(ROW_BYTES));
    let columns = "generation:int filler:text";
    case.dump("crm_v2", &[("users", columns, &row.repeat(ROWS))]);
    case.dump("crm_v4", &[("users", columns, &row.repeat(ROWS))]);
    let run = case.ends_with(0, "--workers 8 -v").run;
    let by_many = run.stderr.matches(&format!("copied {ROWS} rows by 8 streams")).count();
    run.assert(by_many == 2, "each loaded by 8 streams");
    assert_eq!(
        case.db.rows("SELECT version_table, count(*) FROM users_all GROUP BY 1 ORDER BY 1"),
        [("v1_users", 10), ("v2_users", ROWS), ("v3_users", 10), ("v4_users", ROWS)]
            .map(|(table, rows)| vec![Some(table.to_owned()), Some(rows.to_string())])
    );
}

#[test]
fn a_reader_of_the_view_holds_up_no_other_reader_for_long() {
    let case = loaded();
    let mut client = case.db.client();
    let mut reader = client.transaction().unwrap();
    reader.execute("SELECT FROM users_all", &[]).unwrap();
    case.dump("crm_v3", &[("users", "id:int", "9\n")]);
    let run = pghaul_test_support::Running::start(case.ingest("").command());
    case.wait_until(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users_all'::regclass)",
    );
    // The first wait for it has locked nothing else.
    let others = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
                  WHERE c.relname LIKE '%users' AND l.mode = 'AccessExclusiveLock' AND c.relname <> 'v3_users'";
    assert_eq!(case.db.one(others), "0");
    assert_eq!(rows(&case).lines().count(), 3);
    reader.commit().unwrap();
    run.wait().assert_code(0);
    assert_eq!(rows(&case).lines().count(), 4);
}

#[test]
fn two_runs_at_once_leave_nothing_out_of_the_view() {
    for round in 0..4 {
        let case = case!();
        // In some rounds one of them does not ask for views, and keeps current what the other makes.
        case.config("views: true");
        case.work.write("other.yml", if round % 2 == 0 { "views: true" } else { "views: false" });
        write(&case, round, 50, 1);
        for refresh in 0..2 {
            let args = if refresh == 0 { "" } else { "--force" };
            let runs = [args.to_owned(), format!("--config other.yml {args}")]
                .map(|args| pghaul_test_support::Running::start(case.ingest(&args).command()));
            for run in runs {
                run.wait().assert_code(0);
            }
            let versions = "SELECT string_agg(version_table, ' ' ORDER BY version_table) \
                            FROM (SELECT DISTINCT version_table FROM users_all) v";
            assert_eq!(case.db.one(versions), "v1_users v2_users v3_users");
            assert_eq!(case.db.one("SELECT count(*) FROM users_all"), "150");
        }
    }
    assert!(!server().log().contains("deadlock detected"));
}

#[test]
fn a_view_that_postgresql_cannot_make_is_named_and_the_rows_load() {
    let case = case!();
    case.config("views: true\nmother_tables: {t: {id: int}}");
    let columns = |letter: &str| {
        let own: Vec<String> = (1..1000).map(|number| format!("{letter}{number}:int")).collect();
        format!("id:int {}", own.join(" "))
    };
    let row = format!("{}\n", vec!["1"; 1000].join("|"));
    case.dump("crm_v1", &[("t", &columns("a"), &row)]);
    case.load("");
    assert!(exists(&case, "t_all"));
    case.dump("crm_v2", &[("t", &columns("b"), &row)]);
    let obstacle = "t_all would have 2,000 columns, and PostgreSQL allows 1,664";
    case.plan().assert_stdout_has(obstacle);
    case.ends_with(0, "--workers 1").run.assert_stderr_has(obstacle);
    assert_eq!(case.db.one("SELECT count(*) FROM t"), "2");
    assert!(!exists(&case, "t_all"), "it would lack a version");
}
