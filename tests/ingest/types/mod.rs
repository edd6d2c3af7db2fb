//! Source types: those that resolve, and what is said about the others.

mod maps;
mod names;
mod unknown;

use pghaul_test_support::{Dump, Ingest, ingest};

/// A name of dumps that chooses the mssql map, and one that chooses the mysql map.
const MSSQL: &str = "lms_v1.zip";
const MYSQL: &str = "shop_v1.zip";

/// The dump of a table `t` whose columns, `c0` and so on, have these types, and which has no rows.
fn dump_of(types: &[&str]) -> Dump {
    let names: Vec<String> = (0..types.len()).map(|number| format!("c{number}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(types.iter().copied()).collect();
    Dump::new().table("t", &columns, format!("{}\n", names.join("|")))
}

/// The types of the columns of the table `t`.
fn types_of_t(ingest: &Ingest) -> Vec<String> {
    let sql = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute \
               WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum";
    ingest.db.rows(sql).into_iter().flatten().flatten().collect()
}

/// These types, in a dump of this name, become those.
#[track_caller]
fn assert_types(dump: &str, types: &[(&str, &str)]) {
    let ingest = ingest!();
    let sources: Vec<&str> = types.iter().map(|(source, _)| *source).collect();
    ingest.dump(dump, &dump_of(&sources));
    ingest.loads();
    let found = types_of_t(&ingest);
    for ((source, expected), found) in types.iter().zip(&found) {
        assert_eq!(found, expected, "{dump}: {source}");
    }
    assert_eq!(found.len(), types.len());
}
