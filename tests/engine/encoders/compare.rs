//! The comparison: values as text and as binary fields, into two tables of one type.

use super::corpus;
use pghaul::copy::encode::binary::{HEADER, TRAILER, begin_row, push_int4};
use pghaul_test_support::families::Family;
use pghaul_test_support::server;
use postgres::Client;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

/// Values made of each pattern, and half as many as are made of all forms together by changing some bytes.
const CASES: usize = 150;
/// Rows of one COPY. One that the server refuses costs a COPY.
const ROWS: usize = 100;
/// What changed bytes become: those that are likely to make sense.
const BYTES: &[u8] = b"0123456789019.:-+/ TZeExX\\{}_,APMapm\t\n\0\x80\xC3\xE9";

/// What every encoder comes down to.
type Push = dyn Fn(&mut Vec<u8>, &[u8]) -> bool;

/// An encoder, and what is sent to the server in its place.
pub struct Encoder {
    /// Appends the field, or says false.
    pub push: Box<Push>,
    /// The text that the server's input function gets for a value.
    pub text: for<'v> fn(&'v [u8]) -> Cow<'v, str>,
}

/// A value that the encoder has accepted.
struct Accepted {
    text: String,
    field: Vec<u8>,
}

/// Proves that `encoder` does what the input function does, for columns of each type (with its send function).
#[track_caller]
pub fn prove(encoder: &Encoder, family: &Family, columns: &[(&str, &str)]) {
    prove_in_style("ISO, MDY", encoder, family, columns);
}

/// As [`prove`], of a server whose `DateStyle` is `style`.
#[track_caller]
pub fn prove_in_style(style: &str, encoder: &Encoder, family: &Family, columns: &[(&str, &str)]) {
    let accepted = accepted(encoder, family);
    let database = server().database();
    let mut client = database.client();
    client.batch_execute(include_str!("../../../src/pg/connect/session.sql")).unwrap();
    client.batch_execute(&format!("SET DateStyle = '{style}'")).unwrap();
    for (type_name, send) in columns {
        client
            .batch_execute(&format!(
                "DROP TABLE IF EXISTS by_input, by_us;
                 CREATE TABLE by_input (n int, v {type_name});
                 CREATE TABLE by_us (n int, v {type_name})"
            ))
            .unwrap();
        let mut loaded = Vec::new();
        for values in accepted.chunks(ROWS) {
            load(&mut client, values, &mut loaded);
        }
        let sql = format!(
            "SELECT n, i.v::text, u.v::text, {send}(i.v)::text, {send}(u.v)::text
             FROM by_input i FULL JOIN by_us u USING (n)
             WHERE {send}(i.v) IS DISTINCT FROM {send}(u.v) OR i.v::text IS DISTINCT FROM u.v::text OR i.v IS NULL"
        );
        if let Some(row) = client.query(&sql, &[]).unwrap().first() {
            let value = loaded[row.get::<_, i32>(0) as usize];
            let [theirs, ours, sent_theirs, sent_ours] =
                [1, 2, 3, 4].map(|at| row.get::<_, Option<String>>(at));
            panic!("{type_name} {value:?}: {theirs:?} is {ours:?} by us ({sent_theirs:?}, {sent_ours:?})");
        }
        // Otherwise the comparison would be of nothing.
        let count: i64 = client.query_one("SELECT count(*) FROM by_us", &[]).unwrap().get(0);
        assert_eq!(count as usize, loaded.len());
        assert!(loaded.len() >= family.known.len(), "{type_name}: {count} rows");
    }
}

/// All values of the family that the encoder accepts, each once. It must accept all that are known.
#[track_caller]
fn accepted(encoder: &Encoder, family: &Family) -> Vec<Accepted> {
    let mut values: Vec<Vec<u8>> = family.nasty.iter().map(|value| value.to_vec()).collect();
    values.extend(family.fuzzed.iter().flat_map(|encoder| corpus::values(*encoder)));
    for value in family.known {
        assert!(encode(encoder, value.as_bytes()).is_some(), "not known: {value}");
        values.push(value.as_bytes().to_vec());
    }
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::default();
    for pattern in family.patterns {
        let made = generate(&mut runner, cases, &string_regex(pattern).unwrap().prop_map(String::into_bytes));
        let known = made.iter().filter(|value| encode(encoder, value).is_some()).count();
        assert!(known > 0, "nothing that {pattern} makes is known");
        values.extend(made);
    }
    let changed = changed(values.clone());
    values.extend(generate(&mut runner, cases * (1 + family.patterns.len()) / 2, &changed));
    values.sort();
    values.dedup();
    values
        .iter()
        .filter_map(|value| {
            let field = encode(encoder, value)?;
            Some(Accepted { text: (encoder.text)(value).into_owned(), field })
        })
        .collect()
}

fn generate<S: Strategy>(runner: &mut TestRunner, cases: usize, strategy: &S) -> Vec<S::Value> {
    (0..cases).map(|_| strategy.new_tree(runner).unwrap().current()).collect()
}

/// Some of `values`, with a byte or two replaced, put in or taken out.
fn changed(values: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![9 => prop::sample::select(BYTES), 1 => any::<u8>()];
    let change = (any::<prop::sample::Index>(), 0..4, byte);
    (prop::sample::select(values), prop::collection::vec(change, 1..3)).prop_map(|(mut value, changes)| {
        for (at, how, byte) in changes {
            let at = at.index(value.len() + 1);
            match how {
                0 => value.insert(at, byte),
                _ if at == value.len() => value.push(byte),
                1 => drop(value.remove(at)),
                _ => value[at] = byte,
            }
        }
        value
    })
}

/// The field; an encoder that does not know a value must leave what is there.
#[track_caller]
fn encode(encoder: &Encoder, value: &[u8]) -> Option<Vec<u8>> {
    let mut out = b"kept".to_vec();
    if !(encoder.push)(&mut out, value) {
        assert_eq!(out, b"kept", "{value:?}");
        return None;
    }
    let length = i32::from_be_bytes(out[4..8].try_into().unwrap());
    assert_eq!(out.len() - 8, length as usize, "{value:?}");
    Some(out.split_off(4))
}

/// Loads both tables, and adds to the texts that were loaded; `n` counts them. A value that its input function refuses
/// must be refused in our form too.
#[track_caller]
fn load<'v>(client: &mut Client, values: &'v [Accepted], loaded: &mut Vec<&'v str>) {
    let mut values: Vec<&Accepted> = values.iter().collect();
    let first = loaded.len() as i32;
    while let Err(refused) = copy_text(client, first, &values) {
        let refused = values.remove(refused);
        let ours = copy_binary(client, first, &[refused]);
        let error = ours.expect_err(&format!("refused as text, accepted by us: {:?}", refused.text));
        assert_value_is_refused(&error);
    }
    if let Err(error) = copy_binary(client, first, &values) {
        panic!("refused from us: {error:?}");
    }
    loaded.extend(values.iter().map(|value| value.text.as_str()));
}

/// The index of the value that was refused is the error.
fn copy_text(client: &mut Client, first: i32, values: &[&Accepted]) -> Result<(), usize> {
    let mut rows = String::new();
    for (n, value) in (first..).zip(values) {
        let text =
            value.text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
        writeln!(rows, "{n}\t{text}").unwrap();
    }
    let mut writer = client.copy_in("COPY by_input FROM STDIN").unwrap();
    writer.write_all(rows.as_bytes()).unwrap();
    let Err(error) = writer.finish() else { return Ok(()) };
    assert_value_is_refused(&error);
    let context = error.as_db_error().unwrap().where_().unwrap().to_owned();
    let (_, line) = context.split_once("by_input, line ").unwrap();
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    Err(line[..digits].parse::<usize>().unwrap() - 1)
}

/// By a data exception, and not because the server has some trouble of its own.
#[track_caller]
fn assert_value_is_refused(error: &postgres::Error) {
    assert!(error.code().is_some_and(|state| state.code().starts_with("22")), "{error:?}");
}

fn copy_binary(client: &mut Client, first: i32, values: &[&Accepted]) -> Result<u64, postgres::Error> {
    let mut rows = HEADER.to_vec();
    for (n, value) in (first..).zip(values) {
        begin_row(&mut rows, 2);
        push_int4(&mut rows, n);
        rows.extend_from_slice(&value.field);
    }
    rows.extend_from_slice(&TRAILER);
    let mut writer = client.copy_in("COPY by_us FROM STDIN (FORMAT binary)").unwrap();
    writer.write_all(&rows).unwrap();
    writer.finish()
}
