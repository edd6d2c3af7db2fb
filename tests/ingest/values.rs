//! Values of unusual forms: what no encoder knows, PostgreSQL's own input function decides, and the result is what its own
//! COPY of the same text stores.

use pghaul_test_support::{Case, case};
use std::fmt::Write as _;
use std::io::Write as _;

/// Columns as `name type` for the mother and for the server, and the values of a column each, usual ones among odd ones. None
/// of them loses anything; `as_written.rs` has those that would.
const COLUMNS: [(&str, &[&str]); 18] = [
    ("boolean", &["1", "f", "tru", " on ", "NO", "of", "maybe", "2"]),
    ("smallint", &["7", " 42 ", "-32768", "+5", "007"]),
    ("integer", &["7", "\t12", "2147483647", "-0", "0001", "12x", "2147483648", "1.0"]),
    ("bigint", &["9223372036854775807", " 1", "-9223372036854775808"]),
    ("real", &["1.5", "infinity", "NaN", "1e-40", " 2 "]),
    ("double precision", &["1e308", "-Infinity", "4.9e-324", "1e-5", ".5"]),
    ("numeric(10,2)", &["1.0100", "1e3", " 2.5 ", "NaN", "99999999.99", "-.5", "100000000", "1,5"]),
    (
        "date",
        &[
            "2019-02-27",
            "Feb 28, 2019",
            "20190301",
            "infinity",
            "44-03-15 BC",
            "1/2/2019",
            "Feb 30 2019",
            "2019-13-01",
        ],
    ),
    ("time", &["11:59", "24:00", "allballs", "23:59:59.999999000", "1:05 PM"]),
    (
        "timestamp",
        &[
            "Feb 27 2019 11:59AM",
            "2019-02-27T11:59:59.1234560",
            "epoch",
            "-infinity",
            "2019-02-27 24:00",
            "27 Feb 2019",
        ],
    ),
    ("timestamp(3)", &["2019-02-27 11:59:59.9990", "2019-12-31 23:59:59.999000000", "19990108 04:05:06.789"]),
    (
        "timestamptz",
        &["2019-02-27 11:59 +05:30", "2019-02-27 11:59 Europe/Berlin", "2019-02-27 11:59 PST", "2019-07-01"],
    ),
    (
        "interval",
        &["1 day -04:05:06.7", "02:03", "P1DT2H", "1.5 weeks ago", "3000000000 days", "1 day 1 day", "soon"],
    ),
    (
        "uuid",
        &[
            "6F9619FF-8B86-D011-B42D-00C04FC964FF",
            "{6f9619ff8b86d011b42d00c04fc964ff}",
            "6f96-19ff-8b86-d011-b42d-00c0-4fc9-64ff",
        ],
    ),
    ("varchar(3)", &["abc", "é", "a  ", "abcd", "éééé"]),
    ("char(3)", &["a", "abc  ", "éé"]),
    ("bytea", &["\\xdeadbeef", "\\xDE AD", "\\\\000x", "plain", "\\101", "\\xABC"]),
    ("inet", &["10.0.0.1", "10.0.0.1/8", "::ffff:10.0.0.1", "2001:DB8::1/64", "127.0.0.1/32"]),
];

fn quoted(value: &str) -> String {
    format!("`{}`", value.replace('`', "``"))
}

/// A data file of one column in the encoding of dumps.
fn data(values: &[&str]) -> Vec<u8> {
    let mut text = String::from("v\n");
    for value in values {
        writeln!(text, "{}", quoted(value)).unwrap();
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// What PostgreSQL's own COPY makes of the file: each row as text, or that it refuses.
fn by_the_server(case: &Case, type_name: &str, file: &[u8]) -> Result<String, String> {
    let mut client = case.db.client();
    client.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'").unwrap();
    client.batch_execute(&format!("CREATE TEMP TABLE t (v {type_name})")).unwrap();
    let copy =
        "COPY t FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER '|', QUOTE '`', NULL 'NULL', ENCODING latin1)";
    let mut writer = client.copy_in(copy).unwrap();
    writer.write_all(file).unwrap();
    writer.finish().map_err(|error| error.as_db_error().unwrap().message().to_owned())?;
    Ok(client.query_one("SELECT string_agg(v::text, '|' ORDER BY ctid) FROM t", &[]).unwrap().get(0))
}

/// What `ingest` makes of it.
fn by_us(case: &Case, type_name: &str, file: &[u8]) -> Result<String, String> {
    case.config(&format!(
        "mother_tables: {{t: {{v: '{type_name}'}}}}\nxport_cfg: {{dialects: [{{match: '*', types: mssql}}]}}\n"
    ));
    pghaul_test_support::write_dump(&case.dump_path("crm_v1"), |dump| {
        let rest = &file[file.iter().position(|byte| *byte == b'\n').unwrap() + 1..];
        dump.table("t", "v:varchar(max)", |out| out.write_all(rest))
    });
    let run = case.ingest("--mothers recreate").run();
    if run.code != 0 {
        run.assert_code(1);
        return Err(run.stderr.clone());
    }
    let mut client = case.db.client();
    client.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'").unwrap();
    Ok(client.query_one("SELECT string_agg(v::text, '|' ORDER BY ctid) FROM v1_t", &[]).unwrap().get(0))
}

#[test]
fn every_value_is_what_postgresql_makes_of_it_or_is_refused_as_by_postgresql() {
    let case = case!();
    let (mut loaded, mut refused) = (0, 0);
    for (type_name, values) in COLUMNS {
        // Those that the server takes go together in one file; each of the others fails a file of its own.
        let (good, bad): (Vec<&str>, Vec<&str>) =
            values.iter().partition(|value| by_the_server(&case, type_name, &data(&[value])).is_ok());
        let file = data(&good);
        assert_eq!(by_us(&case, type_name, &file), by_the_server(&case, type_name, &file), "{type_name}");
        loaded += good.len();
        for value in bad {
            let file = data(&["NULL", value]);
            let file = [&b"v\nNULL\n"[..], &file[b"v\n`NULL`\n".len()..]].concat();
            let theirs = by_the_server(&case, type_name, &file).unwrap_err();
            let ours = by_us(&case, type_name, &file).unwrap_err();
            let place = "crm_v1.zip/t.dat, line 3, column v: ";
            assert!(ours.contains(&format!("{place}{theirs} (SQLSTATE 22")), "{type_name} {value:?}: {ours}");
            refused += 1;
        }
    }
    assert!(
        loaded > 70 && refused > 10,
        "{loaded} loaded, {refused} refused: does this still test something?"
    );
}

#[test]
fn a_column_without_an_encoder_sends_its_table_as_text() {
    let case = case!();
    case.db.execute("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small AS int CHECK (VALUE < 10)");
    for (type_name, values, expected) in [
        ("mood", "sad\nok\n", "sad|ok"),
        ("small", "3\n 4 \n", "3|4"),
        ("integer[]", "{1,2}\n{}\n", "{1,2}|{}"),
        ("interval day to second", "1 day\n02:03\n", "1 day|02:03:00"),
        ("xml", "<a/>\n<b/>\n", "<a/>|<b/>"),
    ] {
        assert_eq!(by_us(&case, type_name, format!("v\n{values}").as_bytes()).unwrap(), expected);
    }
    let error = by_us(&case, "mood", b"v\nsad\nglad\n").unwrap_err();
    assert!(
        error.contains("line 3, column v: invalid input value for enum public.mood: \"glad\""),
        "{error}"
    );
}

#[test]
fn more_different_odd_values_than_are_kept_and_in_every_batch() {
    let case = case!();
    let mut file = String::from("v\n");
    for day in 0..60_000 {
        // With a blank before it, no encoder knows it.
        writeln!(file, " {}", day % 50_000).unwrap();
    }
    by_us(&case, "integer", file.as_bytes()).unwrap();
    let sum: u64 = (0..60_000_u64).map(|day| day % 50_000).sum();
    assert_eq!(case.db.one("SELECT sum(v) FROM t"), sum.to_string());
}

#[test]
fn the_first_bad_row_is_named_whatever_is_wrong_with_it() {
    let case = case!();
    // Line 3 has a value that only the server can refuse, line 5 is one that we refuse ourselves.
    let error = by_us(&case, "integer", b"v\n1\nx\n2\n`3\0`\n").unwrap_err();
    assert!(error.contains("line 3, column v: invalid input syntax for type integer: \"x\""), "{error}");
    let error = by_us(&case, "integer", b"v\n1\n 2\n3|4\nx\n").unwrap_err();
    assert!(error.contains("line 4: row has 2 fields"), "{error}");
}

#[test]
fn half_a_byte_of_sql_servers_is_refused_and_not_taken_for_text() {
    let case = case!();
    let error = by_us(&case, "bytea", b"v\n0xAB\n0xABC\n").unwrap_err();
    assert!(error.contains("line 3, column v: invalid hexadecimal data: odd number of digits"), "{error}");
}
