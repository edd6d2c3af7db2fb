//! Guards that are queries of the user's: what they see, and that they cannot write.

use super::{COLUMNS, dump, found, loaded, refused, rows};
use pghaul_test_support::case;

#[test]
fn a_query_sees_the_new_table_the_old_one_and_the_mother_as_it_is() {
    let sql = "SELECT (SELECT count(*) FROM {new}) = 6 AND (SELECT count(*) FROM {old}) = 4 AND (SELECT count(*) FROM {mother}) = 4";
    for args in ["", "--mothers recreate"] {
        let case = loaded("{rows: '>= 1'}", args);
        case.config(&format!("guard: {{users: {{sql: ['{sql} -- and a comment']}}}}"));
        dump(&case, &rows(6));
        assert!(found(&case.ends_with(0, args)).ends_with(": true"), "{args}");
    }
    // On a first load, the old table is empty, and has the same columns.
    let case = case!();
    case.config("guard: {users: {sql: ['SELECT count(*) = 0 AND max(email) IS NULL FROM {old}', 'SELECT count(*) = 0 FROM {mother}']}}");
    dump(&case, &rows(4));
    case.load("");
    assert_eq!(case.tables(), "users v1_users");
}

#[test]
fn nothing_that_a_query_calls_can_write() {
    let case = loaded("{rows: '>= 1'}", "");
    case.db.execute(
        "CREATE TABLE told (i int); CREATE SEQUENCE numbers; \
         CREATE FUNCTION writes() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS \
         $$BEGIN INSERT INTO told VALUES (1); RETURN true; END$$; \
         CREATE FUNCTION unlocks() RETURNS boolean LANGUAGE plpgsql AS \
         $$BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO told VALUES (2); RETURN true; END$$; \
         CREATE FUNCTION catches() RETURNS boolean LANGUAGE plpgsql AS \
         $$BEGIN BEGIN SET LOCAL transaction_read_only = off; EXCEPTION WHEN OTHERS THEN NULL; END; \
         BEGIN INSERT INTO told VALUES (3); EXCEPTION WHEN OTHERS THEN NULL; END; \
         RETURN true; END$$; \
         CREATE FUNCTION empties() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN DELETE FROM users; RETURN true; END$$",
    );
    for (sql, said) in [
        ("SELECT writes()", "cannot execute INSERT in a read-only transaction"),
        ("SELECT unlocks()", "cannot set transaction read-write mode inside a read-only transaction"),
        ("SELECT nextval('numbers') > 0", "cannot execute nextval() in a read-only transaction"),
        ("SELECT empties()", "cannot execute DELETE in a read-only transaction"),
        ("SELECT lo_create(4711) > 0 AND false", "false"),
        ("SELECT set_config('statement_timeout', '1', false) IS NULL", "false"),
    ] {
        dump(&case, &rows(5));
        let quoted = sql.replace('\'', "''");
        case.config(&format!("guard: {{users: {{sql: ['{quoted}']}}}}"));
        let outcome = refused(&case, "");
        assert!(found(&outcome).contains(said), "{sql}: {}", found(&outcome));
    }
    // One that swallows the errors passes, and has written nothing; what follows it in the transaction may write.
    case.config("guard: {users: {sql: ['SELECT catches()', 'SELECT catches()']}}");
    case.load("");
    assert_eq!(case.db.one("SELECT count(*) FROM told"), "0");
    assert_eq!(case.db.one("SELECT count(*) FROM pg_largeobject_metadata"), "0");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "5");
}

#[test]
fn what_is_no_single_query_with_a_boolean_is_refused_before_the_load() {
    let case = loaded("{rows: '>= 1'}", "");
    dump(&case, &rows(5));
    for (sql, said) in [
        ("SELECT count(*) FROM {new}", "argument of AND must be type boolean, not type bigint"),
        ("SELECT emial = 'x' FROM {new}", "column \"emial\" does not exist"),
        ("SELECT true, false", "subquery must return only one column"),
        ("DELETE FROM users", "syntax error at or near \"FROM\""),
        ("COMMIT", "column \"commit\" does not exist"),
        (
            "SELECT true) AND true; DROP TABLE users; SELECT (true",
            "cannot insert multiple commands into a prepared statement",
        ),
        (
            "WITH gone AS (DELETE FROM users RETURNING true) SELECT true FROM gone",
            "WITH clause containing a data-modifying statement must be at the top level",
        ),
        ("SELECT no_such_function({new}) FROM {new}", "SQLSTATE"),
    ] {
        let quoted = sql.replace('\'', "''");
        case.config(&format!("guard:\n  users:\n    sql: ['{quoted}']\n"));
        let before = case.everything();
        let run = case.ingest("").run();
        run.assert_code(2)
            .assert_stderr_has(
                "config.yml, line 3: guard.users.sql[0]: the server does not understand it for v1_users: ",
            )
            .assert_stderr_has(said);
        assert_eq!(case.everything(), before, "{sql}");
    }
    // What the server understands only when it runs is an answer.
    case.config(
        "guard: {users: {sql: ['SELECT 1 / (count(*) - 5) = 1 FROM {new}', 'SELECT true FROM {new}']}}",
    );
    let found = found(&refused(&case, ""));
    assert!(found.contains("division by zero") && found.contains("more than one row"), "{found}");
}

#[test]
fn names_are_found_on_the_search_path_of_the_user() {
    let case = case!();
    case.config("guard: {users: {sql: ['SELECT passes(id) FROM {new} LIMIT 1', 'SELECT tableoid IS NOT NULL FROM {mother} UNION SELECT true LIMIT 1']}}");
    case.db.execute("CREATE FUNCTION public.passes(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0'");
    case.dump("crm_v1", &[("users", COLUMNS, &rows(2))]);
    case.load("");
}
