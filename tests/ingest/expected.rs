//! `pghaul ingest` with the fixtures: every row, value, type and count is what `fixtures/expected` says.

use pghaul_test_support::{Case, Outcome, case, pghaul, repository};
use std::fs;
use std::io::Read;
use std::sync::OnceLock;

const MOTHERS: [(&str, &str); 3] = [("courses", "9"), ("user_assigned_courses", "13"), ("users", "17")];

/// The fixtures, loaded once by the command of the README, in the repository's folder.
fn loaded() -> &'static (Case, Outcome) {
    static LOADED: OnceLock<(Case, Outcome)> = OnceLock::new();
    LOADED.get_or_init(|| {
        let case = case!();
        let run = pghaul!(case.work)
            .in_folder(repository())
            .args(["ingest", "fixtures/dumps", "--mothers", "recreate", "--report", "-"])
            .env("DATABASE_URL", case.db.url())
            .run();
        run.assert_code(0);
        (case, Outcome::of(run))
    })
}

/// What `fixtures/expected` has for a version table: its columns with types, and its rows.
fn expected(table: &str) -> (String, String) {
    let text = fs::read_to_string(repository().join(format!("fixtures/expected/{table}.tsv"))).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    // A name holds no colon here, so the first one ends it.
    let columns: Vec<String> = header.split('\t').map(|column| column.replacen(':', " ", 1)).collect();
    (columns.join(", "), rows.to_owned())
}

/// The rows of a table alone, as `COPY` writes them.
fn rows(case: &Case, table: &str) -> String {
    let mut client = case.db.client();
    client.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = ISO").unwrap();
    let mut text = String::new();
    let copy = format!("COPY (SELECT * FROM ONLY {table}) TO STDOUT");
    client.copy_out(&copy).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn version_tables() -> [&'static str; 8] {
    [
        "v1_courses",
        "v1_user_assigned_courses",
        "v1_users",
        "v2_courses",
        "v2_user_assigned_courses",
        "v2_users",
        "v3_user_assigned_courses",
        "v3_users",
    ]
}

#[test]
fn every_column_type_and_value_is_as_written_by_hand() {
    let (case, _) = loaded();
    for table in version_tables() {
        let (columns, values) = expected(table);
        assert_eq!(case.columns(table), columns, "{table}");
        assert_eq!(rows(case, table), values, "{table}");
    }
    let others =
        fs::read_dir(repository().join("fixtures/expected")).unwrap().count() - version_tables().len();
    assert_eq!(others, 1, "of the files in fixtures/expected, only that of audit_log is compared elsewhere");
}

#[test]
fn the_report_counts_what_the_mothers_hold() {
    let (case, outcome) = loaded();
    for (mother, count) in MOTHERS {
        let of_mother = outcome.units().iter().filter(|unit| unit["mother"] == mother);
        let reported: u64 = of_mother.map(|unit| unit["rows_loaded"].as_u64().unwrap()).sum();
        assert_eq!(reported.to_string(), count, "{mother}");
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {mother}")), count);
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM ONLY {mother}")), "0");
    }
    for unit in outcome.units() {
        let sql = format!("SELECT count(*) FROM ONLY {}", unit["name"].as_str().unwrap());
        assert_eq!(case.db.one(&sql), unit["rows_loaded"].to_string());
        assert_eq!(unit["rows_read"], unit["rows_loaded"]);
        assert_eq!(unit["status"], "loaded");
    }
    let totals = &outcome.report["totals"];
    assert_eq!(
        (&totals["units"], &totals["loaded"], &totals["rows_loaded"]),
        (&8.into(), &8.into(), &39.into())
    );
}

#[test]
fn version_tables_are_children_of_their_mothers_and_nothing_else_is_there() {
    let (case, _) = loaded();
    let children = case.db.rows(
        "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits \
         WHERE inhparent::regclass::text NOT LIKE 'pg_%' ORDER BY 1",
    );
    let expected: Vec<_> = version_tables()
        .map(|table| [table, &table[3..]].map(|name| Some(name.to_owned())).to_vec())
        .to_vec();
    assert_eq!(children, expected);
    assert_eq!(case.tables(), format!("courses user_assigned_courses users {}", version_tables().join(" ")));
    assert_eq!(case.columns("courses"), "course_id bigint, title text, price numeric(19,4)");
}

#[test]
fn the_ledger_has_a_row_per_version_table() {
    let (case, outcome) = loaded();
    let ledger = case.db.rows(
        "SELECT unit, mother, dump || '/' || data_file, rows, bytes FROM pghaul.loads \
         WHERE schema_name = 'public' ORDER BY 1",
    );
    let mut reported: Vec<Vec<Option<String>>> = outcome
        .units()
        .iter()
        .map(|unit| {
            let text = |key: &str| Some(unit[key].as_str().map_or(unit[key].to_string(), str::to_owned));
            ["name", "mother", "source", "rows_loaded", "bytes_read"].map(text).to_vec()
        })
        .collect();
    reported.sort();
    assert_eq!(ledger, reported);
    let odd = "SELECT count(*) FROM pghaul.loads WHERE started_at > finished_at \
               OR finished_at < now() - interval '1 hour' OR client_version = ''";
    assert_eq!(case.db.one(odd), "0");
}

/// Users' ledgers hold fingerprints: one that is written otherwise makes their next run load everything again.
#[test]
fn fingerprints_stay_as_they_are() {
    let (case, _) = loaded();
    let of = |unit: &str| case.db.one(&format!("SELECT fingerprint FROM pghaul.loads WHERE unit = '{unit}'"));
    assert_eq!(
        of("v1_users"),
        concat!(
            r#"{"data": {"bytes": 726, "crc32": "779069b8"}, "#,
            r#""order": ["user_id", "instancecode", "first_name", "last_name", "email", "active", "created", "notes"], "#,
            r#""format": [124, 96, [78, 85, 76, 76], "latin_1"], "#,
            r#""mother": [["user_id", "text"], ["instancecode", "text"], ["email", "text"]], "#,
            r#""columns": [["first_name", "character varying(50)"], ["last_name", "character varying(50)"], "#,
            r#"["active", "boolean"], ["created", "timestamp without time zone"], ["notes", "text"]], "#,
            r#""dialect": "mssql", "descriptor": {"bytes": 468, "crc32": "488ea74b"}}"#
        )
    );
    assert_eq!(
        of("v2_courses"),
        concat!(
            r#"{"data": {"bytes": 258, "crc32": "efe76032"}, "#,
            r#""order": ["course_id", "price", "title", "order", "starts_on", "rating"], "#,
            r#""format": [124, 96, [78, 85, 76, 76], "latin_1"], "#,
            r#""mother": [["course_id", "bigint"], ["title", "text"], ["price", "numeric(19,4)"]], "#,
            r#""columns": [["order", "integer"], ["starts_on", "timestamp without time zone"], ["rating", "real"]], "#,
            r#""dialect": "mssql", "descriptor": {"bytes": 357, "crc32": "38d00975"}}"#
        )
    );
}

#[test]
fn a_data_file_without_a_mother_is_skipped_with_a_warning() {
    let (_, outcome) = loaded();
    outcome.run.assert_stderr_has("warning: lms_v1.zip: table audit_log is not in mother_tables of ");
    let others = "three more lines on stderr, on the byte-order mark, Windows' encoding and an absent column";
    outcome.run.assert(outcome.run.stderr.lines().count() == 4, others);
    outcome
        .run
        .assert_stderr_has("warning: lms_v2.zip/data/courses.dat: begins with a UTF-8 byte-order mark");
    outcome.run.assert_stderr_has(
        "warning: lms_v1.zip/users.dat: column notes: 1 value, first in line 11, holds bytes",
    );
    outcome.run.assert_stderr_has("warning: lms_v3.zip/users.dat: the descriptor lists nickname, which");
}

#[test]
fn the_planner_has_statistics() {
    let (case, _) = loaded();
    for table in version_tables() {
        let estimate = case.db.one(&format!("SELECT reltuples FROM pg_class WHERE relname = '{table}'"));
        assert_eq!(estimate, case.db.one(&format!("SELECT count(*) FROM {table}")), "{table}");
    }
    for (mother, _) in MOTHERS {
        let through = format!("SELECT count(*) > 0 FROM pg_stats WHERE tablename = '{mother}' AND inherited");
        assert_eq!(case.db.one(&through), "t", "{mother}");
    }
}

#[test]
fn the_number_of_workers_does_not_change_what_is_loaded() {
    for workers in ["1", "8"] {
        let case = case!();
        let run = pghaul!(case.work)
            .in_folder(repository())
            .args(["ingest", "--workers", workers, "--db", &case.db.url(), "-q"])
            .run();
        run.assert_code(0);
        for table in version_tables() {
            assert_eq!(rows(&case, table), expected(table).1, "{table} with {workers} workers");
        }
    }
}

#[test]
fn without_declared_mothers_they_have_the_columns_of_all_versions() {
    let case = case!();
    let dumps = repository().join("fixtures/dumps");
    let run =
        pghaul!(case.work).args(["ingest", "--report", "-", "--db", &case.db.url()]).args([dumps]).run();
    run.assert_code(0);
    for (mother, columns) in [
        ("users", "user_id text, email character varying(255), created timestamp without time zone"),
        (
            "courses",
            "title text, course_id bigint, price numeric(19,4), starts_on timestamp without time zone, \
             rating double precision",
        ),
        ("user_assigned_courses", "user_id text, course_id bigint, assigned_at timestamp without time zone"),
    ] {
        assert_eq!(case.columns(mother), columns, "{mother}");
    }
    for (mother, count) in MOTHERS {
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {mother}")), count);
    }
    let (columns, values) = expected("v1_audit_log");
    let in_data_order = case.columns("v1_audit_log");
    assert_eq!(in_data_order, columns);
    assert_eq!(case.columns("audit_log"), columns);
    assert_eq!(rows(&case, "v1_audit_log"), values);
}
