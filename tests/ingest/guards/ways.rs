//! A guard counts in every way in which rows become visible.

use super::{COLUMNS, dump, found, refused, rows};
use pghaul_test_support::{Case, case, names, pghaul};

const GUARDS: &str =
    "{rows: '>= 4', not_null: [email], range: {age: '..50'}, sql: ['SELECT count(*) >= 4 FROM {new}']}";

/// Ways to load, as configuration and arguments.
const WAYS: [(&str, &str); 7] = [
    ("", "--workers 1"),
    ("", "--workers 2 --verify"),
    ("views: true", ""),
    ("", "--unlogged"),
    ("", "--mothers recreate"),
    ("", "--mothers widen"),
    ("views: true", "--mothers recreate --unlogged --verify"),
];

fn case_with(config: &str) -> Case {
    let case = case!();
    case.config(&format!("{config}\nguard: {{users: {GUARDS}}}\n"));
    case
}

/// Of two rows, one without an e-mail, and with an age that is too high.
const BAD: &str = "1|NULL|19|NULL|1|NULL\n2|b|51|NULL|1|NULL\n";
const REFUSED: &str = "refused rows >= 4: 2 rows; the last load: 4\n\
                       refused not_null email: 1 NULL in 2 rows\n\
                       refused range age <= 50: 19 to 51\n\
                       refused sql SELECT count(*) >= 4 FROM {new}: false";

#[test]
fn refused_rows_are_never_seen_and_the_old_ones_stay() {
    for (config, args) in WAYS {
        let case = case_with(config);
        dump(&case, BAD);
        let first = case.ends_with(1, args);
        assert!(found(&first).contains("refused rows >= 4: 2 rows\n"), "{args}: {}", found(&first));
        assert_eq!(case.tables(), "users", "{args}: nothing of a first load is left");
        dump(&case, &rows(4));
        case.load(args);
        dump(&case, BAD);
        assert_eq!(found(&refused(&case, args)), REFUSED, "{args}");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "4", "{args}");
        // All of it is there, once it is accepted.
        let accepted = case.ends_with(0, &format!("{args} --accept v1_users"));
        assert_eq!(found(&accepted), REFUSED.replace("refused", "accepted"), "{args}");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "2", "{args}");
    }
}

#[test]
fn a_refused_version_holds_the_others_of_a_recreated_mother_back() {
    let case = case_with("");
    dump(&case, &rows(4));
    case.dump("crm_v2", &[("users", COLUMNS, &rows(5))]);
    case.load("");
    case.dump("crm_v2", &[("users", COLUMNS, BAD)]);
    let before = case.everything();
    let outcome = case.ends_with(1, "--mothers recreate --workers 1");
    assert_eq!(case.everything(), before);
    let [v1, v2] = [0, 1].map(|index| outcome.units()[index]["error"].as_str().unwrap().to_owned());
    assert!(v1.contains("not published, since v2_users could not be loaded"), "{v1}");
    assert!(v2.contains("its guards refuse it: rows >= 4: 2 rows"), "{v2}");
    // Without recreating, the other version is loaded.
    dump(&case, &rows(6));
    let statuses = case.ends_with(1, "").statuses();
    assert_eq!((statuses["v1_users"].as_str(), statuses["v2_users"].as_str()), ("loaded", "failed"));
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "11");
}

#[test]
fn rows_that_go_out_as_text_are_looked_at_by_a_query() {
    let case = case!();
    case.config(
        "guard: {t: {not_null: [x], range: {id: 1..2}}}\nxport_cfg: {dialects: [{match: '*', types: {extends: mysql, xml: xml}}]}",
    );
    case.dump("crm_v1", &[("t", "id:int x:xml", "1|<a/>\n2|<b/>\n")]);
    assert_eq!(
        found(&case.ends_with(0, "")),
        "passed not_null x: 0 NULLs in 2 rows\npassed range id 1..2: 1 to 2"
    );
    case.dump("crm_v1", &[("t", "id:int x:xml", "1|NULL\n3|<b/>\n")]);
    let found = found(&refused(&case, ""));
    assert_eq!(found, "refused not_null x: 1 NULL in 2 rows\nrefused range id 1..2: 1 to 3");
}

#[test]
fn rejected_rows_count_for_nothing_whoever_refuses_them() {
    let case = case_with("");
    dump(&case, &rows(4));
    case.load("");
    // Only the server knows the check, so the careful way follows.
    case.db.execute("ALTER TABLE users ADD CONSTRAINT no_fifth CHECK (id <> 5)");
    let broken = "x|NULL|99|NULL|1|NULL\n5|NULL|98|NULL|1|NULL\n";
    dump(&case, &format!("{}{broken}", rows(4)));
    let outcome = case.ends_with(3, "--max-rejects 2");
    assert_eq!(outcome.units()[0]["rows_rejected"], 2);
    let expected = "passed rows >= 4: 4 rows; the last load: 4\npassed not_null email: 0 NULLs in 4 rows\n\
                    passed range age <= 50: 19 to 22\npassed sql SELECT count(*) >= 4 FROM {new}: true";
    assert_eq!(found(&outcome), expected);
    let rejects = || case.work.read("rejects/v1_users.dat");
    let before = rejects();
    dump(&case, &format!("{}{}", rows(3), broken.replace("98", "97")));
    let outcome = refused(&case, "--max-rejects 2");
    assert!(found(&outcome).starts_with("refused rows >= 4: 3 rows; the last loads: 4, 4\npassed"));
    assert_eq!(rejects(), before, "the rejects of the last load stay with its rows");
}

#[test]
fn a_refused_dump_is_not_archived() {
    let case = case_with("xport_cfg: {archive_path: archive/, archive: true}");
    dump(&case, BAD);
    let outcome = case.ends_with(1, "");
    assert!(outcome.report.get("archived").is_none(), "{}", outcome.report);
    assert_eq!(names(case.work.join("dumps")), ["crm_v1.zip"]);
    case.ends_with(0, "--accept v1_users");
    assert_eq!(names(case.work.join("archive")), ["crm_v1.zip"]);
}

#[test]
fn what_follows_the_load_does_not_follow_a_refused_one() {
    let case = case_with("after: {users: {sql: ['INSERT INTO told VALUES (1)']}}");
    case.db.execute("CREATE TABLE told (i int)");
    dump(&case, BAD);
    let run = pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()]).run();
    run.assert_code(1)
        .assert_stdout_has("\n4 guards: 4 REFUSED (v1_users)\n")
        .assert_stderr_has("after.users: its statements are not run");
    assert_eq!(case.db.one("SELECT count(*) FROM told"), "0");
}
