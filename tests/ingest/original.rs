//! `pghaul ingest` on dumps like those of the job that it replaces, with that job's configuration and no further word: bare
//! types, columns that come and go, a version that lacks a table.

use pghaul_test_support::{Case, Run, case, pghaul, repository};

/// A run in the repository's folder, as README.md has it.
fn ingest(case: &Case) -> Run {
    let run = pghaul!(case.work)
        .in_folder(repository())
        .args(["ingest", "--config", "fixtures/original/config.yml"])
        .env("DATABASE_URL", case.db.url())
        .run();
    run.assert_code(0).assert(run.stderr.is_empty(), "nothing to warn of");
    run
}

#[test]
fn the_original_job_s_dumps_load_with_its_configuration() {
    let case = case!();
    let run = ingest(&case);
    run.assert(run.stdout.contains("8 units: 8 loaded, 0 unchanged, 0 failed; 30 rows"), "every row");
    let readers = "reader_id integer, is_active boolean, first_name text, last_name text, email text";
    let since = "country text, created_stamp timestamp without time zone, branch text";
    let books =
        "book_id integer, title text, genre text, branch text, created_stamp timestamp without time zone";
    for (table, columns) in [
        ("readers", format!("{readers}, {since}")),
        ("v1_readers", format!("{readers}, {since}")),
        ("v2_readers", format!("{readers}, {since}, phone text, address text")),
        ("v3_readers", format!("{readers}, {since}, phone text, address text")),
        ("books", books.to_owned()),
        ("v1_books", format!("{books}, is_lent boolean")),
        ("v2_books", format!("{books}, format text")),
        ("v3_books", format!("{books}, is_lent boolean, format text")),
    ] {
        assert_eq!(case.columns(table), columns, "{table}");
    }
    assert_eq!(
        case.tables(),
        "books loans readers v1_books v1_loans v1_readers v2_books v2_readers v3_books v3_loans v3_readers"
    );
    for (table, rows) in [("readers", "5 4 3"), ("books", "4 3 2"), ("loans", "6 3")] {
        let counts = format!(
            "SELECT string_agg(n::text, ' ' ORDER BY v) FROM \
             (SELECT tableoid::regclass::text AS v, count(*) AS n FROM {table} GROUP BY 1) c"
        );
        assert_eq!(case.db.one(&counts), rows, "{table}");
    }
    assert_eq!(
        case.db.one(
            "SELECT string_agg(concat_ws(' ', phone, address), ', ' ORDER BY reader_id) FROM v2_readers"
        ),
        ", 0031 20 5550100, Quai 5, "
    );
    let loan = "SELECT concat_ws(', ', lent_date, returned_date, due_date, branch) FROM loans WHERE loan_id = 103 AND reader_id = 3";
    assert_eq!(case.db.one(loan), "2019-01-07 00:55:00, 2019-02-25 12:55:00, 2019-02-27 11:59:00, north");
    assert_eq!(case.db.one("SELECT count(*) FROM loans WHERE returned_date IS NULL"), "4");
    let run = ingest(&case);
    run.assert(run.stdout.contains("8 units: 0 loaded, 8 unchanged"), "nothing to load again");
}
