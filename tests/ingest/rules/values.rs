//! `trim` and `null_if`: what is loaded is what PostgreSQL makes of the values as they are written.

use crate::one_column::{case_of, load};
use pghaul_test_support::{Case, Outcome, case, ingest};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// A case whose column `v` has this type and these rules.
fn ruled(type_name: &str, rules: &str, as_text: bool) -> Case {
    case_of(type_name, as_text, &format!("columns: {{t: {{v: {rules}}}}}\n"))
}

/// The loaded values in the order of the file.
fn held(case: &Case) -> Vec<Option<String>> {
    case.db.rows("SELECT v::text FROM t ORDER BY id").into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn values_are_trimmed_first_and_are_null_then_whatever_their_type() {
    for (type_name, value, expected) in [
        ("text", "  a b ", "a b"),
        ("varchar(3)", "  abc   ", "abc"),
        ("char(3)", " ab", "ab "),
        ("integer", " 42 ", "42"),
        ("numeric(10,2)", "  1.50", "1.50"),
        ("timestamp", " 2019-02-27 11:59 ", "2019-02-27 11:59:00"),
        ("bytea", " a ", "\\x61"),
        ("bytea", " 0xBEEF ", "\\xbeef"),
        ("json", " {}  ", "{}"),
        ("jsonb", " [1] ", "[1]"),
        ("uuid", " 7f0c9c4e-3c1d-4a38-9f0b-1a2b3c4d5e6f ", "7f0c9c4e-3c1d-4a38-9f0b-1a2b3c4d5e6f"),
        ("mood", " sad ", "sad"),
        ("price", " 10.25 ", "10.25"),
        ("text[]", " {a} ", "{a}"),
    ] {
        for as_text in [false, true] {
            let case = ruled(type_name, "{trim: true, null_if: ['-', '9999*', '']}", as_text);
            let values = [value, " - ", "99991231", "    ", "-"];
            load(&case, &values, as_text, "--verify").run.assert_code(0);
            let nulls = [Some(expected.to_owned()), None, None, None, None];
            let chars = |value: Option<String>| value.map(|value| value.trim_end().to_owned());
            let nulls = nulls.map(chars);
            let held: Vec<Option<String>> = held(&case).into_iter().map(chars).collect();
            assert_eq!(held, nulls, "{type_name} {value:?} {as_text}");
        }
    }
}

#[test]
fn the_type_maps_null_if_counts_beside_that_of_the_column_and_only_that_is_counted() {
    let case = case!();
    case.config("columns: {t: {created: {null_if: ['1900-01-01']}}}\n");
    let rows = "1|0000-00-00\n2|1900-01-01\n3|2019-02-27\n";
    case.dump("crm_v1", &[("t", "id:int created:date", rows)]);
    let outcome = case.ends_with(0, "--verify");
    assert_eq!(case.db.one("SELECT string_agg(id::text, ' ') FROM t WHERE created IS NULL"), "1 2");
    assert_eq!(outcome.units()[0]["adjusted"], serde_json::json!({"created": 1}));
}

#[test]
fn a_changed_rule_loads_the_unit_again_and_the_same_one_does_not() {
    let case = ruled("text", "{trim: true}", false);
    load(&case, &[" a ", "b"], false, "").run.assert_code(0);
    let status = |outcome: &Outcome| outcome.statuses()["v1_t"].clone();
    assert_eq!(status(&case.ends_with(0, "")), "unchanged");
    let config = |rules: &str| {
        case.config(&format!("mother_tables: {{t: {{id: int}}}}\ncolumns: {{t: {{v: {rules}}}}}\n"));
        case.ends_with(0, "")
    };
    assert_eq!(status(&config("{trim: true, null_if: [b]}")), "loaded");
    assert_eq!(held(&case), [Some("a".to_owned()), None]);
    assert_eq!(status(&config("{trim: true, null_if: b, bad: reject}")), "unchanged");
    assert_eq!(status(&config("{trim: true, null_if: b, bad: null}")), "loaded");
    assert_eq!(status(&config("{trim: true, null_if: b, bad: null, max_bad: 5}")), "unchanged");
    assert_eq!(status(&config("{}")), "loaded");
    assert_eq!(held(&case), [Some(" a ".to_owned()), Some("b".to_owned())]);
}

#[test]
fn texts_of_a_latin_1_file_are_compared_as_characters() {
    let ingest = ingest!();
    ingest.config("columns: {'*': {v: {trim: true, null_if: ['größe', 'k?nig']}}}\n");
    let columns = [("id", "int"), ("v", "text")];
    ingest.unit(&columns, b"id|v\n1|gr\xF6\xDFe \n2| k\xF6nig\n3|`gr\xF6\xDFe  `\n4|\xA0\xFC \n");
    ingest.loads();
    assert_eq!(
        ingest.db.rows("SELECT v FROM t ORDER BY id"),
        [vec![None], vec![None], vec![None], vec![Some("\u{a0}ü".to_owned())]]
    );
}

/// Texts with blanks, quotes and letters beyond ASCII.
fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![" ", "  ", "a", "`", "\"", "ö", "\t", "\\", "|", "n/a", "\u{a0}", "\n"]),
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

/// For generated values: what is loaded is what PostgreSQL's own functions make of the value as it is written. `PROPTEST_CASES=5000`
/// for a long run.
#[test]
fn what_is_loaded_is_what_postgresql_computes() {
    let cases = std::env::var("PROPTEST_CASES").map_or(300, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::default();
    for as_text in [false, true] {
        let values: Vec<String> =
            (0..cases).map(|_| texts().new_tree(&mut runner).unwrap().current()).collect();
        let texts: Vec<&str> = values.iter().map(String::as_str).collect();
        let case = ruled("text", "{trim: true, null_if: ['n/a', '', 'ö*']}", as_text);
        case.db.execute("CREATE TABLE written (id int, v text)");
        let mut client = case.db.client();
        for (id, text) in (0..).zip(&texts) {
            client.execute("INSERT INTO written VALUES ($1, $2)", &[&id, text]).unwrap();
        }
        let config = "xport_cfg: {encoding: utf-8}\nmother_tables: {t: {id: int}}\n\
                      columns: {t: {v: {trim: true, null_if: ['n/a', '', 'ö*']}}}\n";
        case.config(config);
        load(&case, &texts, as_text, "--verify").run.assert_code(0);
        let differ = case.db.rows(
            "SELECT w.id::text, w.v, t.v FROM written w LEFT JOIN t USING (id) WHERE t.v IS DISTINCT FROM \
             CASE WHEN btrim(w.v) IN ('n/a', '') OR btrim(w.v) LIKE 'ö%' THEN NULL ELSE btrim(w.v) END",
        );
        assert!(differ.is_empty(), "{as_text}: {differ:?}");
        let nulls: usize = case.db.one("SELECT count(*) FROM t WHERE v IS NULL").parse().unwrap();
        assert!(nulls > 10 && nulls < values.len());
    }
}
