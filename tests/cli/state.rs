//! `pghaul status --html`: a page with the state of a database.

use crate::timeline::page::Page;
use pghaul_test_support::{Case, Pghaul, case, pghaul};

fn status(case: &Case, args: &[&str]) -> Pghaul {
    pghaul!(case.work).args(["status", "--db", &case.db.url()]).args(args)
}

#[test]
fn it_has_the_versions_of_each_mother_their_drift_and_the_last_runs() {
    let case = case!();
    case.dump(
        "crm_v1",
        &[("users", "id:int name:varchar(50) size:int", "1|Ann|7\n2|Bob|8\n"), ("tags", "id:int", "1\n")],
    );
    case.dump("crm_v2", &[("users", "id:int size:varchar(9) email:varchar(9)", "1|9|a@b\n")]);
    case.dump("crm_v3", &[("users", "id:int", "5\n")]);
    case.load("");
    case.dump("crm_v2", &[("users", "id:int size:varchar(9) email:varchar(9)", "x|9|a@b\n")]);
    pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()]).run().assert_code(1);
    status(&case, &["--html", "state.html"]).run().assert_code(0);
    let page = Page::read(&case.work.read("state.html"));
    page.says("4 version tables of 2 mothers, 5 rows")
        .says("users 3 versions, 4 rows")
        .says("tags 1 version, 1 row");
    // A column that one version lacks is not in the mother, and so has the type of each version.
    page.says("name – varchar(50) – –").says("email – – varchar(9) –");
    assert!(page.source.contains("class=\"other\""), "{}", page.source);
    page.says("size – integer varchar(9) –")
        .says("1 column more, the same in all")
        .says("crm_v1.zip/users.dat")
        .says("attached")
        .says("just now");
    page.says("ingest failed").says("1 failed");
    case.db.execute("DROP TABLE v1_users");
    status(&case, &["--html", "state.html"]).run().assert_code(0);
    Page::read(&case.work.read("state.html")).says("missing");
}

#[test]
fn without_a_ledger_there_is_a_page_that_says_so_and_nothing_is_written() {
    let case = case!();
    let run = status(&case, &["--html", "-"]).run();
    run.assert_code(0);
    Page::read(&run.stdout).says("Nothing is loaded").says("No run that loaded something");
    assert_eq!(case.db.one("SELECT to_regnamespace('pghaul') IS NULL"), "t");
}

#[test]
fn it_waits_for_no_lock() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    case.load("");
    let mut holder = postgres::Client::connect(&case.db.url(), postgres::NoTls).unwrap();
    let mut transaction = holder.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE v1_users, users").unwrap();
    status(&case, &["--html", "state.html"]).run().assert_code(0);
    Page::read(&case.work.read("state.html")).says("attached");
}

#[test]
fn other_files_are_refused() {
    let case = case!();
    case.work.write("notes.html", "precious");
    for (args, text) in [
        (&["--html", "state.svg"][..], "is not .html"),
        (&["--html", "state"], "is neither .html nor .svg"),
        (&["--html", "notes.html"], "holds something else than a page of pghaul, and is kept"),
        (&["--html", "no/state.html"], "there is no folder no"),
        (&["--html", "state.html", "--json"], "cannot be used with"),
        (&["--html", "state.html", "--runs"], "cannot be used with"),
    ] {
        status(&case, args).run().assert_code(2).assert_stderr_has(text);
    }
    assert_eq!(case.work.read("notes.html"), "precious");
}
