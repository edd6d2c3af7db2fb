//! Any words of a request to `serve` as SQL: what PostgreSQL's lexer makes of the statement are names of the catalog and words of
//! ours, whatever the request says, and each value is a parameter.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use http::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use pghaul::config::Verb;
use pghaul::serve::query::list::Form;
use pghaul::serve::query::precondition::Preconditions;
use pghaul::serve::query::write::{self, Duplicates, MissingColumns};
use pghaul::serve::query::{address, body, list, row};
use pghaul::serve::settings::TableSettings;
use pghaul::serve::tables::table::{Column, Described, Relation, Table, Version};
use pghaul_fuzz::choices::Choices;
use pghaul_fuzz::sql::{self, Token};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The words of all statements, those of types and of the catalogs included.
const WORDS: &str = "SELECT FROM AS WHERE ORDER BY LIMIT OFFSET AND OR IS NOT NULL DESC OPERATOR INSERT INTO DEFAULT VALUES \
    RETURNING UPDATE SET DELETE ARRAY false row_to_json json_to_record json_to_recordset array_to_json to_regclass count \
    ON CONFLICT DO NOTHING EXCLUDED ANY ALL TRUE EXPLAIN to_jsonb jsonb sha256 convert_to encode left generate_series bpcharout textin \
    t r j c text int8 json oid numeric int4 timestamp with time zone pg_catalog pg_class relname tableoid version_table";

/// Parameters that are no filters, whatever the columns.
const NO_FILTERS: [&str; 7] = ["skip", "take", "order", "after", "count", "or", "and"];

/// A type whose name is an attack; the server spells it so.
const ODD_TYPE: &str = "\"sch\"\"ema\".\"ty\"\"pe); --\"";

struct Served {
    table: Table,
    /// All quoted identifiers that a statement may have.
    names: BTreeSet<String>,
}

static SERVED: LazyLock<[Served; 3]> = LazyLock::new(|| {
    let plain = [("id", "int4", ""), ("name", "text", ""), ("version", "numeric(10,2)", "")];
    let odd = [
        ("i'd\" --", "text", ""),
        ("a.gt", ODD_TYPE, "ope\"rators"),
        ("order", "timestamp(3) with time zone", ""),
        ("$1", "text[]", ""),
        ("\\'; ü", ODD_TYPE, ""),
        ("line\nend\u{1}/*", "text", ""),
    ];
    [
        served(("s", "items"), &plain, &["id"], &[]),
        served(("s\"; --", "it'em\"s; /*"), &odd, &["i'd\" --", "a.gt"], &[]),
        served(("s", "mother"), &plain, &["id", "name"], &["v1_mother", "v\"2'; --"]),
    ]
});

fn served(name: (&str, &str), columns: &[(&str, &str, &str)], key: &[&str], children: &[&str]) -> Served {
    let described = |table: &str, child: bool| Described {
        asked: String::new(),
        child,
        schema: name.0.to_owned(),
        name: table.to_owned(),
        kind: "r".to_owned(),
        columns: columns
            .iter()
            .map(|(name, type_name, operators)| column(name, type_name, operators))
            .collect(),
        unique: vec![key.iter().map(|column| (*column).to_owned()).collect()],
    };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let settings = TableSettings {
        path: "t".to_owned(),
        quoted: String::new(),
        key: owned(key),
        verbs: vec![Verb::Get],
        write: None,
    };
    // What CSV has beside a mother's columns is a name, too.
    let mut names: BTreeSet<String> =
        [name.0, name.1, "sch\"ema", "ty\"pe); --", "version_table"].map(str::to_owned).into();
    names.extend(columns.iter().flat_map(|(name, _, operators)| [*name, *operators]).map(str::to_owned));
    names.extend(owned(children));
    let versions = children.iter().map(|child| Version {
        names: vec!["v1".to_owned()],
        relation: Relation::new(described(child, true), &settings, false),
    });
    let relation = Relation::new(described(name.1, false), &settings, !children.is_empty());
    Served { table: Table { versions: versions.collect(), relation, settings }, names }
}

fn column(name: &str, type_name: &str, operators: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        plain_type: type_name.to_owned(),
        operators: Some(operators.to_owned()).filter(|schema| !schema.is_empty()),
        category: "S".to_owned(),
        not_null: name.len().is_multiple_of(2),
        computed: false,
        optional: true,
    }
}

// The first bytes choose the table and the statement. Then come the address without the table, and after a line feed the body.
fuzz_target!(init: sql::check_lexer(), |input: &[u8]| {
    let mut choices = Choices::of(input);
    let served = choices.one_of(&*SERVED);
    let kind = choices.below(7);
    let form = choices.one_of(&[Form::Json, Form::Csv]);
    let duplicates = choices.one_of(&[Duplicates::Refuse, Duplicates::Merge, Duplicates::Ignore]);
    let name = choices.one_of(&["if-match", "if-none-match", "x"]);
    let Ok(text) = std::str::from_utf8(choices.rest()) else { return };
    let (address, body) = text.split_once('\n').unwrap_or((text, ""));
    let (segment, query) = address.split_once('?').unwrap_or((address, ""));
    let (table, relation) = (&served.table, &served.table.relation);
    check_decoded(query);
    check_decoded(segment);
    let rows = || {
        body::rows(body.as_bytes(), relation, kind == 2).inspect(|rows| check_rows(body, &rows.columns))
    };
    // The query of a row's address is free for its tags.
    let tags = HeaderValue::from_str(query).map(|tags| (HeaderName::from_static(name), tags));
    let preconditions = Preconditions::read(&tags.into_iter().collect()).unwrap_or_default();
    let statement = match kind {
        0 => address::pairs(query).and_then(|pairs| list::select(table, relation, pairs, *form)).map(|list| {
            if let Some((_, count)) = &list.count {
                check(&count.sql, count.parameters.len(), &served.names);
            }
            list.rows
        }),
        1 => row::select(table, relation, segment),
        2 => rows().and_then(|rows| write::insert(table, relation, &rows, body, *duplicates)),
        3 => rows().and_then(|rows| {
            if write::names_key(table, &rows) {
                let other_key = write::other_key(table, relation, segment, &rows, body)?;
                check(&other_key.sql, other_key.parameters.len(), &served.names);
            }
            write::update(table, relation, segment, &rows, body, MissingColumns::Default, &preconditions)
        }),
        4 => rows().and_then(|rows| {
            write::update(table, relation, segment, &rows, body, MissingColumns::Keep, &preconditions)
        }),
        5 => write::delete(table, relation, segment, &preconditions),
        _ => match rows() {
            Ok(rows) => {
                let Some(column) = rows.columns.first() else { return };
                Ok(write::probe(relation, &rows, body, column))
            }
            Err(problem) => Err(problem),
        },
    };
    let statement = match statement {
        Ok(statement) => statement,
        Err(problem) => {
            assert!(problem.status.is_client_error() && !problem.detail.is_empty());
            return;
        }
    };
    check(&statement.sql, statement.parameters.len(), &served.names);
    let mut values = statement.parameters.iter().flat_map(|parameter| &parameter.value);
    assert!(values.all(|value| !value.contains('\0')));
    if kind == 0 {
        for pair in address::pairs(query).unwrap() {
            let is_filter =
                relation.column(&pair.name).is_some() && !NO_FILTERS.contains(&pair.name.as_str());
            let has_value = statement.parameters.iter().any(|parameter| {
                (parameter.column.as_ref(), parameter.value.as_ref()) == (Some(&pair.name), Some(&pair.value))
            });
            assert!(has_value || !is_filter, "{pair:?} is no parameter of {}", statement.sql);
        }
    }
});

/// Nothing of the request is in the SQL but names of columns that exist, and each value is used.
fn check(sql: &str, values: usize, names: &BTreeSet<String>) {
    let tokens = sql::tokens(sql).unwrap_or_else(|fault| panic!("{fault}, in {sql}"));
    let mut used = BTreeSet::new();
    for token in &tokens {
        let is_known = match token {
            Token::Word(word) => WORDS.split_ascii_whitespace().any(|known| known == word),
            Token::Name(name) => names.contains(name),
            Token::Text(text) => ["", "hex", "UTF8"].contains(&text.as_str()),
            Token::Number(number) => ["1", "2", "3", "10", "32"].contains(&number.as_str()),
            Token::Parameter(number) => {
                used.insert(*number);
                true
            }
            Token::Sign(sign) => *sign != ';',
        };
        assert!(is_known, "{token:?} in {sql}");
    }
    assert_eq!(used, (1..=values).collect(), "{sql}");
}

/// Percent-encoding, byte by byte.
fn check_decoded(text: &str) {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits =
            behind.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    let expected = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    assert_eq!(address::decode(text).ok(), expected);
}

/// The columns are the keys of each row, as another reader of JSON reads them.
fn check_rows(body: &str, columns: &[String]) {
    // Numbers and characters that this reader cannot hold are left to the server.
    let Ok(value) = serde_json::from_str::<Value>(body) else { return };
    let rows = value.as_array().cloned().unwrap_or_else(|| vec![value]);
    assert!(!rows.is_empty());
    for row in &rows {
        let keys: BTreeSet<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(keys, columns.iter().collect());
    }
}
