//! Loading again: what has changed is loaded anew, all or nothing, and nothing else is touched.

use super::ORDERS;
use crate::dumps::USERS;
use pghaul_test_support::{Case, case};

/// Two versions of two tables, loaded.
fn loaded() -> Case {
    let case = case!();
    case.dump("crm_v1", &[USERS, ORDERS]);
    case.dump("crm_v2", &[("users", "id:int name:varchar(50) email:text", "3|Cid|c@d\n"), ORDERS]);
    case.load("");
    case
}

/// Loads; gives the units that were not unchanged, with a blank between them.
#[track_caller]
fn reloaded(case: &Case, args: &str) -> String {
    let statuses = case.load(args);
    let loaded: Vec<&str> = statuses
        .iter()
        .filter(|(_, status)| *status != "unchanged")
        .map(|(name, status)| {
            assert_eq!(status, "loaded", "{name}");
            name.as_str()
        })
        .collect();
    loaded.join(" ")
}

#[test]
fn a_second_run_skips_every_unit_and_touches_nothing() {
    let case = loaded();
    let before = case.everything();
    assert_eq!(reloaded(&case, ""), "");
    assert_eq!(case.everything(), before);
}

#[test]
fn a_changed_data_file_reloads_exactly_its_unit() {
    let case = loaded();
    let before = case.everything();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bea\n"), ORDERS]);
    assert_eq!(reloaded(&case, ""), "v1_users");
    assert_eq!(case.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), "Ann Bea Cid");
    let changed = case.everything().iter().filter(|row| !before.contains(row)).count();
    // The table, its TOAST table is elsewhere, and the row of the ledger.
    assert_eq!(changed, 2);
    assert_eq!(reloaded(&case, ""), "");
}

#[test]
fn a_dump_written_again_with_the_same_content_is_unchanged() {
    let case = loaded();
    case.dump("crm_v1", &[ORDERS, USERS]);
    assert_eq!(reloaded(&case, ""), "");
}

#[test]
fn a_changed_type_reloads_its_unit() {
    let case = loaded();
    case.dump("crm_v2", &[("users", "id:int name:varchar(50) email:varchar(9)", "3|Cid|c@d\n"), ORDERS]);
    assert_eq!(reloaded(&case, ""), "v2_users");
    assert_eq!(
        case.columns("v2_users"),
        "id integer, name character varying(50), email character varying(9)"
    );
}

#[test]
fn columns_that_come_go_and_change_are_a_refresh_too() {
    let case = case!();
    case.config("mother_tables: {users: {id: integer, name: text}}\n");
    case.dump("crm_v2", &[("users", "id:int name:text", "9|Zoe\n")]);
    for (columns, rows, table, through_mother) in [
        ("id:int name:text age:int", "1|Ann|30\n", "id integer, name text, age integer", "1 Ann"),
        // One comes, one goes, one has another type, and the order is another.
        (
            "email:text age:bigint id:int name:text",
            "a@b|31|1|Ann\n",
            "id integer, name text, email text, age bigint",
            "1 Ann",
        ),
        // The mother's columns stay: one without values, one with her type.
        ("id:bigint", "2\n", "id integer, name text", "2"),
        ("id:int name:varchar(9) age:int", "1|Ann|NULL\n", "id integer, name text, age integer", "1 Ann"),
    ] {
        case.dump("crm_v1", &[("users", columns, rows)]);
        let statuses = case.load("");
        assert_eq!(statuses["v1_users"], "loaded", "{columns}");
        assert_eq!(case.columns("v1_users"), table);
        assert_eq!(case.db.one("SELECT concat_ws(' ', id, name) FROM users WHERE id < 9"), through_mother);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
        assert_eq!(case.tables(), "users v1_users v2_users");
        assert_eq!(reloaded(&case, ""), "");
    }
}

#[test]
fn a_changed_configuration_reloads_what_it_concerns() {
    let case = loaded();
    case.config("xport_cfg: {null_pattern: '~'}\n");
    assert_eq!(reloaded(&case, ""), "v1_orders v1_users v2_orders v2_users");
    assert_eq!(case.db.one("SELECT count(*) FROM orders WHERE note = 'NULL'"), "2");
    let declared = "mother_tables: {users: {id: bigint}, orders: {id: integer, note: text}}\n";
    case.config(&format!("xport_cfg: {{null_pattern: '~'}}\n{declared}"));
    case.ends_with(2, "").run.assert_stderr_has("table users, column id: is integer in the database");
    case.db.execute("ALTER TABLE users ALTER id TYPE bigint");
    assert_eq!(reloaded(&case, ""), "v1_users v2_users");
    assert_eq!(case.columns("v1_users"), "id bigint, name character varying(50)");
    case.config(declared);
    assert_eq!(reloaded(&case, "--mothers recreate"), "v1_orders v1_users v2_orders v2_users");
    assert_eq!(case.columns("users"), "id bigint");
    assert_eq!(case.db.one("SELECT count(*) FROM orders WHERE note IS NULL"), "2");
}

#[test]
fn force_reloads_everything_again_and_again() {
    let case = loaded();
    for _ in 0..5 {
        assert_eq!(reloaded(&case, "--force --workers 4"), "v1_orders v1_users v2_orders v2_users");
        assert_eq!(
            case.db.one("SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM orders)"),
            "3 6"
        );
    }
    assert_eq!(case.tables(), "orders users v1_orders v1_users v2_orders v2_users");
}

#[test]
fn a_failed_refresh_keeps_the_old_rows_and_the_next_run_tries_again() {
    let case = loaded();
    let before = case.everything();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "7|New\nx|Bad\n"), ORDERS]);
    for _ in 0..2 {
        let outcome = case.ends_with(1, "");
        outcome.run.assert_stderr_has("error: crm_v1.zip/users.dat, line 3, column id: ");
        assert_eq!(outcome.report["totals"]["failed"], 1);
        assert_eq!(outcome.report["totals"]["unchanged"], 3);
        assert_eq!(case.everything(), before);
    }
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "7|New\n8|Good\n"), ORDERS]);
    assert_eq!(reloaded(&case, ""), "v1_users");
    assert_eq!(case.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), "Cid New Good");
}

#[test]
fn what_depends_on_a_version_table_stops_its_refresh_alone() {
    let case = loaded();
    case.db.execute("CREATE VIEW mine AS SELECT name FROM v1_users");
    let outcome = case.ends_with(1, "--force");
    let error = "error: crm_v1.zip/users.dat: v1_users is not replaced, since that would break or lose: view public.mine; ";
    outcome.run.assert_stderr_has(error);
    outcome.run.assert_stderr_has("drop what depends on the old version table, or let it use the mother");
    assert_eq!(outcome.statuses().values().filter(|status| *status == "loaded").count(), 3);
    assert_eq!(case.db.one("SELECT string_agg(name, ' ') FROM mine"), "Ann Bob");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    assert_eq!(case.tables(), "orders users v1_orders v1_users v2_orders v2_users");
}

#[test]
fn a_version_table_dropped_detached_or_emptied_by_hand() {
    let case = loaded();
    case.db.execute("DROP TABLE v1_users");
    assert_eq!(reloaded(&case, ""), "v1_users");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    case.db.execute("ALTER TABLE v1_users NO INHERIT users");
    assert_eq!(reloaded(&case, ""), "v1_users");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    case.db.execute("TRUNCATE v1_users");
    assert_eq!(reloaded(&case, ""), "", "the ledger does not look into tables");
    assert_eq!(reloaded(&case, "--force"), "v1_orders v1_users v2_orders v2_users");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
}

#[test]
fn a_version_table_of_someone_else_is_left_alone() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    case.db.execute("CREATE TABLE v1_users (mine text)");
    let before = case.everything();
    for args in ["", "--force", "--mothers recreate", "--plan"] {
        let run = case.ingest(args).run();
        run.assert_code(2);
        if args != "--plan" {
            run.assert_stderr_has("there is a table of that name that pghaul did not load");
        }
        assert_eq!(case.everything(), before, "{args}");
    }
}

#[test]
fn versions_and_tables_come_later_and_go() {
    let case = loaded();
    case.dump("crm_v3", &[("users", "id:int", "9\n")]);
    assert_eq!(reloaded(&case, ""), "v3_users", "it lacks orders, and a column of the mother");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "4");
    assert_eq!(case.columns("v3_users"), "id integer, name character varying(50)");
    case.dump("crm_v3", &[("users", "id:int", "9\n"), ("visits", "at:date", "2020-01-31\n")]);
    assert_eq!(reloaded(&case, ""), "v3_visits");
    case.dump("crm_v2", &[ORDERS]);
    assert_eq!(reloaded(&case, ""), "");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "4", "what a dump no longer has stays");
}
