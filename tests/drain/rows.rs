//! `pghaul drain`: rows of a cache come into the table, each once, and leave the cache.

use pghaul_test_support::{REPLICA, drain};

const COLUMNS: &str = r#"["id", "address", "inserted_at"]"#;

/// A row of the usual shape.
fn row(city: &str, second: u32) -> String {
    let address = format!(r#"{{\"city\": \"{city}\", \"postCode\": \"0{second:04}\"}}"#);
    format!(r#"["{address}", "2020-05-19 05:20:{second:02}.212"]"#)
}

#[test]
fn rows_come_into_a_new_table_with_inferred_types_and_leave_the_cache() {
    let drain = drain!();
    drain.register(COLUMNS);
    drain.put(&[("ab5ee960", row("Charleston", 32)), ("3d8f9a3c", row("Indianapolis", 59))]);
    let run = drain.drains();
    run.assert_stderr_has("id text, address jsonb, inserted_at timestamp without time zone");
    assert_eq!(drain.columns(), "id text, address jsonb, inserted_at timestamp without time zone");
    assert_eq!(
        drain.db.rows(&format!("SELECT id, address->>'city', inserted_at::text FROM {REPLICA} ORDER BY 1")),
        [
            ["3d8f9a3c", "Indianapolis", "2020-05-19 05:20:59.212"],
            ["ab5ee960", "Charleston", "2020-05-19 05:20:32.212"]
        ]
        .map(|row| row.map(|text| Some(text.to_owned())))
    );
    assert_eq!(drain.keys(), [""; 0]);
    drain.drains().assert_stdout_has("unchanged");
    drain.put(&[("15006991", row("Redlands", 27))]);
    drain.drains();
    assert_eq!((drain.count(), drain.keys().len()), (3, 0));
}
