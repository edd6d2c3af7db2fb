//! `from` and `skip`: a version's columns as the mother calls them, and those that are left out.

use pghaul_test_support::{Case, case};
use serde_json::json;

/// Two versions, of which the second calls `email` otherwise and has a secret.
fn two_versions(case: &Case) {
    case.dump("lms_v1", &[("users", "id:int email:varchar(20)", "1|a@x\n")]);
    case.dump(
        "lms_v2",
        &[("users", "id:int email_address:varchar(40) secret:text", "2|b@x|hidden\n3|c@x|`more\n|`\n")],
    );
}

const RULES: &str =
    "columns: {users: {email: {from: {V2: email_address}, trim: true}, secret: {skip: true}}}\n";

#[test]
fn a_renamed_column_is_one_column_of_the_mother_and_a_skipped_one_is_nowhere() {
    let case = case!();
    two_versions(&case);
    case.config(&format!("views: true\n{RULES}"));
    let plan = case.plan().stdout;
    assert!(
        plan.contains(
            "--   rule email: {from: {v2: 'email_address'}, trim: true}\n--   rule secret: {skip: true}\n"
        ),
        "{plan}"
    );
    case.ends_with(0, "--verify");
    assert_eq!(case.columns("users"), "id integer, email character varying(40)");
    assert_eq!(case.columns("v2_users"), "id integer, email character varying(40)");
    assert_eq!(case.db.one("SELECT string_agg(email, ' ' ORDER BY id) FROM users"), "a@x b@x c@x");
    assert_eq!(case.db.one("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'users_all'::regclass AND attnum > 0"), "version_table id email");
    let statuses = |case: &Case| -> Vec<String> { case.ends_with(0, "").statuses().into_values().collect() };
    assert_eq!(statuses(&case), ["unchanged", "unchanged"]);
    // Without the rules, the second version has its own columns again. The first one was trimmed, too.
    case.config("views: true\n");
    assert_eq!(statuses(&case), ["loaded", "loaded"]);
    assert_eq!(
        case.columns("v2_users"),
        "id integer, email character varying(40), email_address character varying(40), secret text"
    );
}

#[test]
fn rows_of_another_number_of_fields_are_refused_whatever_is_left_out() {
    let case = case!();
    case.config(RULES);
    case.dump(
        "lms_v2",
        &[(
            "users",
            "id:int email_address:text secret:text n:int",
            "1|a|s|7\n2|b|8\n3|c|s\n4|d|s|9|x\n5|e|s|x\n6|f|s|6\n",
        )],
    );
    let outcome = case.ends_with(3, "--max-rejects 9 --rejects rejects --verify");
    assert_eq!(
        case.db.one("SELECT string_agg(concat_ws(',', id, email, n), ' ' ORDER BY id) FROM users"),
        "1,a,7 6,f,6"
    );
    assert_eq!(outcome.units()[0]["rows_rejected"], json!(4));
    let reasons = std::fs::read_to_string(case.work.join("rejects/v2_users.jsonl")).unwrap();
    assert_eq!(reasons.matches("row has 3 fields, the header names 4").count(), 2, "{reasons}");
    assert!(reasons.contains("row has 5 fields, the header names 4"), "{reasons}");
    assert!(
        reasons.contains("\"line\":6,\"byte_offset\":27,\"column\":\"n\",\"value\":\"x\"")
            || reasons.contains("\"column\":\"n\",\"value\":\"x\""),
        "{reasons}"
    );
    assert_eq!(std::fs::read_to_string(case.work.join("rejects/v2_users.dat")).unwrap().lines().count(), 5);
    // The first one ends a load without rejects, with its line.
    let error = case.ends_with(1, "--force").units()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("line 3: row has 3 fields, the header names 4"), "{error}");
}

#[test]
fn a_row_that_the_server_refuses_is_found_beside_a_skipped_column() {
    let case = case!();
    case.db.execute("CREATE TABLE users (id int CHECK (id <> 7), email text)");
    case.config(&format!("mother_tables: {{users: {{id: int}}}}\n{RULES}"));
    let rows: String = (1..12).map(|id| format!("{id}|`e|{id}`|s\n")).collect();
    case.dump("lms_v2", &[("users", "id:int email_address:text secret:text", &rows)]);
    case.ends_with(3, "--max-rejects 1 --rejects rejects --verify");
    assert_eq!(case.db.one("SELECT count(*) FROM users WHERE email = 'e|' || id"), "10");
    assert_eq!(
        std::fs::read_to_string(case.work.join("rejects/v2_users.dat")).unwrap(),
        "id|email_address|secret\n7|`e|7`|s\n"
    );
    let error = case.ends_with(1, "--force").units()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("line 8"), "{error}");
}

#[test]
fn a_skipped_column_may_have_a_type_that_nobody_knows_and_trailing_separators_count_as_ever() {
    let case = case!();
    case.config("xport_cfg: {trailing_separator: true}\ncolumns: {'*': {Blob: {skip: true}}}\n");
    case.dump("lms_v1", &[("t", "blob:wonder id:int", "x|1|\ny|2\n")]);
    case.ends_with(0, "--verify");
    assert_eq!(case.columns("t"), "id integer");
    assert_eq!(case.db.one("SELECT sum(id) FROM t"), "3");
}

#[test]
fn names_that_cannot_be_are_refused_with_the_nearest() {
    let case = case!();
    two_versions(&case);
    let refused = |yaml: &str, texts: &[&str]| {
        case.config(yaml);
        let run = case.ingest("").run();
        run.assert_code(2);
        for text in texts {
            run.assert_stderr_has(text);
        }
    };
    refused(
        "columns:\n  users:\n    email: {from: {v2: email_adress}}\n",
        &[
            "config.yml, line 3",
            "columns.users.email.from.v2: lms_v2.zip/users.dat has no column email_adress; did you mean email_address?",
        ],
    );
    refused(
        "columns: {users: {id: {from: {v2: email_address}}}}\n",
        &[
            "two columns of this version would be called id; give the other one another name with from as well",
        ],
    );
    refused(
        "columns: {users: {id: {skip: true}, email: {skip: true}}}\n",
        &["lms_v1.zip", "skip: true leaves out all columns of its data file"],
    );
    refused(
        "columns: {users: {id: {skip: true, trim: true}}}\n",
        &["columns.users.id: skip: true leaves the column out"],
    );
    assert_eq!(case.tables(), "");
    // Two names may change places.
    case.config("columns: {users: {email: {from: {v2: secret}}, secret: {from: {v2: email_address}}}}\n");
    case.ends_with(0, "");
    assert_eq!(case.db.one("SELECT email FROM users WHERE id = 2"), "hidden");
}

#[test]
fn a_recreated_mother_and_a_common_type_see_the_new_name() {
    let case = case!();
    case.dump("lms_v1", &[("t", "id:int n:smallint", "1|7\n")]);
    case.ends_with(0, "");
    case.dump("lms_v2", &[("t", "id:int number:bigint", "2|99999999999\n")]);
    case.config("columns: {t: {n: {from: {v2: number}}}}\n");
    case.ends_with(0, "--mothers widen --verify");
    assert_eq!(case.columns("t"), "id integer, n bigint");
    case.ends_with(0, "--mothers recreate --verify");
    assert_eq!(case.db.one("SELECT string_agg(n::text, ' ' ORDER BY id) FROM t"), "7 99999999999");
}
