//! An encoder that is wrong: the sample finds it.

use pghaul::copy::encode::batch_encoder::{BatchEncoder, collect_into};
use pghaul::copy::encode::questions::resolver::Resolver;
use pghaul::copy::encode::{CopyColumn, Encoder};
use pghaul::copy::input::batch::{Batch, Origin};
use pghaul::copy::input::format::{Format, LineEnd};
use pghaul::copy::verify::{SentRows, Verification};
use pghaul_test_support::server;

/// What verification says of these rows of `id int, v <type>` when the server holds all that was sent, and `spoil` has been
/// at the encoded rows before they were sent.
fn verify(type_name: &str, rows: &str, spoil: impl Fn(&mut [u8])) -> Result<(), String> {
    verify_as(type_name, rows, rows, spoil)
}

/// As [`verify`], where the rows were sent as if they were `sent_as`, of the same length.
fn verify_as(type_name: &str, rows: &str, sent_as: &str, spoil: impl Fn(&mut [u8])) -> Result<(), String> {
    assert_eq!(rows.len(), sent_as.len());
    let db = server().database();
    let connect = || {
        let mut client = db.client();
        client.batch_execute(include_str!("../../../src/pg/connect/session.sql"))?;
        Ok(client)
    };
    let column = |name: &str, type_name: &str| CopyColumn::new(name, type_name);
    let columns = vec![column("id", "integer"), column("v", type_name)];
    let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
    let mut encoder = Encoder::new(columns.clone(), format);
    let verification = Verification::new(columns, Vec::new());
    let mut watch = verification.watch(&encoder, LineEnd::Lf);
    let mut resolver = Resolver::new(&connect);
    let batch =
        |rows: &str| Batch { origin: Origin { line: 2, offset: 10 }, bytes: rows.as_bytes().to_vec() };
    let (batch, sent_as) = (batch(rows), batch(sent_as));
    let (mut rows, mut out) = (Vec::new(), Vec::new());
    let mut batches = BatchEncoder::new(&mut encoder, &mut resolver, LineEnd::Lf, false);
    batches.push(&sent_as, &mut out, &mut collect_into(&mut rows)).unwrap();
    spoil(&mut out);
    watch.add(SentRows { batch: &batch, rows: &rows, out: &out, start: 0 }, &mut resolver).unwrap();
    watch.finish(&mut resolver).unwrap();
    verification.add(watch);
    let mut held = verification.empty_digest();
    held.add(&out);
    verification.compare(&held, "v1_t").map_err(|error| error.to_string())
}

/// Where the last value of the last row ends with this byte, it becomes another.
fn one_more_at_the_end(out: &mut [u8]) {
    *out.last_mut().unwrap() += 1;
}

#[test]
fn a_value_that_is_sent_as_another_is_found_with_its_line() {
    for (type_name, values) in [
        ("date", "1|2019-02-27\n2|NULL\n3|Feb 28 2019\n"),
        ("timestamp(3) without time zone", "1|epoch\n`2`|`2019-02-27\n\n`\n3|Feb 28 2019 11:59AM\n"),
        ("numeric(10,2)", "1|1.5\n2|2\n3|4.01\n"),
        ("character varying(5)", "1|a\n2|b\n3|c\n"),
        ("double precision", "1|1.5\n2|2\n3|4.01\n"),
    ] {
        let (line, last) =
            (values.matches('\n').count() + 1, values.lines().last().unwrap().split_once('|').unwrap().1);
        assert_eq!(verify(type_name, values, |_| ()), Ok(()), "{type_name}");
        let spoiled = verify(type_name, values, one_more_at_the_end);
        let message = spoiled.unwrap_err();
        let expected = format!(
            "line {line}, column v: verification failed: pghaul misunderstands this value ({last:?}): it was sent as \\x"
        );
        assert!(message.starts_with(&expected), "{type_name}: {message}");
    }
}

#[test]
fn a_value_that_an_encoder_has_changed_is_found_by_the_text_of_its_field() {
    for (type_name, written, sent_as) in [
        ("numeric(10,2)", "1.005", "01.01"),
        ("date", "2019-02-27 11:59", "2019-02-27 00:00"),
        ("time without time zone", "11:59+02", "11:59:00"),
        ("timestamp without time zone", "2019-02-27 11:59+02", "2019-02-27 11:59:00"),
        ("timestamp(3) without time zone", "2019-02-27 11:59:00.1235", "2019-02-27 11:59:00.1240"),
        ("character varying(3)", "abc ", "abc"),
    ] {
        let [rows, sent_as] = [written, sent_as].map(|value| format!("1|{value}"));
        let longest = rows.len().max(sent_as.len());
        // The row number makes up for the length.
        let padded = |row: &str| format!("{}{row}\n", "0".repeat(longest - row.len()));
        let message = verify_as(type_name, &padded(&rows), &padded(&sent_as), |_| ()).unwrap_err();
        assert!(message.contains("verification failed: pghaul misunderstands this value"), "{message}");
        assert!(message.contains("it was sent, and PostgreSQL refuses it: "), "{type_name}: {message}");
        assert!(message.contains("does not fit"), "{type_name}: {message}");
    }
}

#[test]
fn a_value_that_postgresql_refuses_must_not_have_been_sent() {
    // The encoder leaves it to the server what is JSON, and the server of this test takes all.
    let message = verify("jsonb", "1|{}\n2|{\n3|[]\n", |_| ()).unwrap_err();
    assert!(message.starts_with("line 3, column v: verification failed: pghaul misunderstands this value (\"{\"): it was sent, and PostgreSQL refuses it: invalid input syntax for type json"), "{message}");
    assert!(message.contains("please report it"), "{message}");
}
