//! Mother tables: declared, made by hand, or worked out; kept, recreated or purged.

use super::ORDERS;
use crate::dumps::USERS;
use pghaul_test_support::{Case, case};

/// One dump of two tables, loaded.
fn loaded() -> Case {
    let case = case!();
    case.dump("crm_v1", &[USERS, ORDERS]);
    case.load("");
    case
}

/// A case with these two versions of a table `users`, of no rows, loaded; gives the mother's columns.
fn mother_of(first: &str, second: &str) -> String {
    let case = case!();
    case.dump("crm_v1", &[("users", first, "")]);
    case.dump("crm_v2", &[("users", second, "")]);
    case.load("");
    case.columns("users")
}

#[test]
fn auto_takes_the_common_columns_in_the_first_ones_order() {
    assert_eq!(mother_of("a:int b:date c:int", "d:int c:int a:int"), "a integer, c integer");
    assert_eq!(mother_of("a:int b:varchar(5)", "a:bigint b:varchar(5)"), "a bigint, b character varying(5)");
    assert_eq!(mother_of("a:int(11) b:tinyint(1)", "a:INTEGER b:bool"), "a integer, b boolean");
    assert_eq!(mother_of("UserId:int b:int", "userid:int B:date"), "UserId integer, b text");
    assert_eq!(mother_of("id:int ID:int a:int", "id:int a:int"), "id integer, a integer");
}

#[test]
fn auto_needs_a_common_column() {
    let case = case!();
    case.dump("crm_v1", &[("users", "a:int", "1\n")]);
    case.dump("crm_v2", &[("users", "b:int", "1\n")]);
    let outcome = case.ends_with(2, "");
    outcome.run.assert_stderr_has("table users: its versions have no column in common");
    assert_eq!(case.tables(), "");
}

#[test]
fn columns_that_differ_in_case_alone_are_the_mother_s() {
    let case = case!();
    case.config("mother_tables: {users: {userid: bigint, Name: text}}\n");
    case.dump("crm_v1", &[("users", "UserID:int NAME:text", "1|Ann\n")]);
    case.dump("crm_v2", &[("users", "name:text userid:int userID:int", "Bob|2|20\n")]);
    case.load("");
    assert_eq!(case.columns("v1_users"), "userid bigint, Name text");
    assert_eq!(case.columns("v2_users"), "userid bigint, Name text, userID integer");
    let rows = case.db.one("SELECT string_agg(userid || \"Name\", ' ' ORDER BY userid) FROM users");
    assert_eq!(rows, "1Ann 2Bob");
    assert_eq!(case.db.one("SELECT \"userID\" FROM v2_users"), "20");
}

#[test]
fn recreate_drops_mothers_and_children_and_begins_anew() {
    let case = loaded();
    case.dump("crm_v2", &[("users", "id:int", "3\n")]);
    let statuses = case.load("--mothers recreate");
    assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
    assert_eq!(case.columns("users"), "id integer");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    assert_eq!(case.tables(), "orders users v1_orders v1_users v2_users");
    // A version whose dump is gone would not come back.
    std::fs::remove_file(case.dump_path("crm_v1")).unwrap();
    let outcome = case.ends_with(2, "--mothers recreate");
    outcome
        .run
        .assert_stderr_has("table users: would lose v1_users, since crm v1 is not among the dumps to load");
    case.ends_with(0, "--mothers purge");
    case.load("");
    assert_eq!(
        case.db.one("SELECT string_agg(unit, ' ' ORDER BY unit) FROM pghaul.loads"),
        "v1_orders v2_users"
    );
    assert_eq!(case.tables(), "orders users v1_orders v2_users", "orders had no dump, and was not asked for");
}

#[test]
fn purge_drops_everything_and_loads_nothing() {
    let case = loaded();
    let outcome = case.ends_with(0, "--mothers purge");
    assert_eq!((outcome.units().len(), case.tables().as_str()), (0, ""));
    assert_eq!(case.db.one("SELECT count(*) FROM pghaul.loads"), "0");
    case.ends_with(0, "--mothers purge");
    let statuses = case.load("");
    assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
    // Declared mothers can be purged when their dumps are gone.
    case.config("mother_tables: {users: {id: int}}\n");
    std::fs::remove_file(case.dump_path("crm_v1")).unwrap();
    case.ends_with(0, "--mothers purge");
    assert_eq!(case.tables(), "orders v1_orders");
    assert_eq!(case.db.one("SELECT string_agg(unit, ' ') FROM pghaul.loads"), "v1_orders");
}

#[test]
fn nothing_is_dropped_that_someone_else_made() {
    for (by_hand, what) in [
        (
            "CREATE TABLE foreign_child () INHERITS (users)",
            "has the child table \"public\".\"foreign_child\"",
        ),
        (
            "CREATE SCHEMA x; CREATE TABLE x.v1_users () INHERITS (users)",
            "has the child table \"x\".\"v1_users\"",
        ),
        ("INSERT INTO users VALUES (99, 'by hand')", "has rows of its own"),
        ("CREATE VIEW mine AS SELECT id FROM users", "view public.mine depends on table public.users"),
        ("CREATE VIEW mine AS SELECT id FROM v1_users", "view public.mine depends on table public.v1_users"),
    ] {
        let case = loaded();
        case.db.execute(by_hand);
        let before = case.everything();
        for mode in ["recreate", "purge"] {
            let outcome = case.ends_with(2, &format!("--mothers {mode}"));
            outcome.run.assert_stderr_has(what);
            assert_eq!(outcome.report["status"], "refused");
            assert_eq!(case.everything(), before, "{by_hand}, {mode}");
        }
    }
}

#[test]
fn a_mother_made_by_hand_is_kept_with_all_that_it_asks_for() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE users (gone int, id bigint PRIMARY KEY, name varchar(50) COLLATE \"C\" NOT NULL, \
         extra date, CONSTRAINT positive CHECK (id > 0), CHECK (name <> '') NO INHERIT); \
         ALTER TABLE users DROP gone; CREATE INDEX ON users (name)",
    );
    let oid = case.db.one("SELECT 'users'::regclass::oid");
    case.config("mother_tables: {users: {id: bigint}}\n");
    case.dump("crm_v1", &[("users", "name:varchar(50) id:int email:text", "Ann|1|a@b\n")]);
    case.load("");
    assert_eq!(case.db.one("SELECT 'users'::regclass::oid"), oid);
    assert_eq!(case.columns("v1_users"), "id bigint, name character varying(50), extra date, email text");
    assert_eq!(case.db.one("SELECT id || name || (extra IS NULL) FROM users"), "1Anntrue");
    assert_eq!(
        case.db.one(
            "SELECT string_agg(conname || coninhcount, ' ') FROM pg_constraint \
                     WHERE conrelid = 'v1_users'::regclass AND contype = 'c'"
        ),
        "positive1"
    );
    let ordered = "SELECT attcollation::regcollation::text FROM pg_attribute \
                   WHERE attrelid = 'v1_users'::regclass AND attname = 'name'";
    assert_eq!(case.db.one(ordered), "\"C\"");
    case.load("--force");
    for (rows, what) in [("Bob|-1|x\n", "positive"), ("NULL|2|x\n", "null value in column \"name\"")] {
        case.dump("crm_v1", &[("users", "name:varchar(50) id:int email:text", rows)]);
        let outcome = case.ends_with(1, "");
        outcome.run.assert_stderr_has(what).assert_stderr_has("crm_v1.zip/users.dat, line 2");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "1");
    }
}

#[test]
fn a_column_added_to_the_mother_by_hand_reaches_every_version() {
    let case = loaded();
    case.db.execute("ALTER TABLE users ADD note text");
    let statuses = case.load("");
    assert_eq!(statuses["v1_users"], "loaded");
    assert_eq!(case.columns("v1_users"), "id integer, name character varying(50), note text");
    assert_eq!(case.load("")["v1_users"], "unchanged");
}

#[test]
fn a_mother_that_contradicts_is_refused() {
    for (by_hand, what) in [
        (
            "CREATE TABLE users (id text)",
            "table users, column id: is text in the database, but mother_tables says integer",
        ),
        (
            "CREATE TABLE users (uid int)",
            "table users, column id: is in mother_tables, but not in the existing table",
        ),
        (
            "CREATE VIEW users AS SELECT 1 AS id",
            "table users: cannot be a mother table: there is a view of that name",
        ),
        ("CREATE TABLE users (id int) PARTITION BY LIST (id)", "there is a partitioned table of that name"),
    ] {
        let case = case!();
        case.config("mother_tables: {users: {id: int}}\n");
        case.dump("crm_v1", &[USERS]);
        case.db.execute(by_hand);
        let before = case.everything();
        let outcome = case.ends_with(2, "");
        outcome.run.assert_stderr_has(what);
        assert_eq!(case.everything(), before, "{by_hand}");
    }
}
