//! What `sync` reads from the catalog of a source, with any names, comments and literals, as statements: PostgreSQL's lexer reads
//! back the same names and texts, in their order, and nothing else that the catalog says.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::pg::ident::Qualified;
use pghaul::sync::follow::deletes;
use pghaul::sync::ranges;
use pghaul::sync::table::cursor::{Clock, Cursor};
use pghaul::sync::table::destination::creation;
use pghaul::sync::table::indexes;
use pghaul::sync::table::pair::Pair;
use pghaul::sync::table::shape::{Index, Shape, ShapeColumn};
use pghaul_fuzz::choices::Choices;
use pghaul_fuzz::sql::{self, Token};

/// The longest name of PostgreSQL, bytes (`NAMEDATALEN`).
const NAME_BYTES: usize = 63;
/// The words of all statements, those of types and defaults included.
const WORDS: &str = "CREATE TABLE COMMENT ON IS COLUMN GENERATED ALWAYS AS STORED VIRTUAL BY DEFAULT IDENTITY NOT NULL COPY \
    SELECT FROM WHERE ORDER TO STDOUT STDIN FORMAT binary text INSERT INTO OVERRIDING SYSTEM VALUE CONFLICT DO NOTHING UPDATE \
    SET excluded DISTINCT OR AND OPERATOR COLLATE INDEX UNIQUE USING btree DELETE unnest clock_timestamp t g true infinity \
    pg_temp pghaul_window record_eq ROW bigint integer character varying numeric timestamp with time zone json nextval regclass now";

/// A text of the catalog, with the quoted identifiers and the literals in it.
struct Spelled {
    sql: String,
    names: Vec<String>,
    texts: Vec<String>,
}

/// As the server's `quote_ident` writes a name that needs quotes.
fn quoted(name: &str) -> String {
    let mut quoted = String::from('"');
    for c in name.chars() {
        quoted.extend(if c == '"' { vec!['"', '"'] } else { vec![c] });
    }
    quoted + "\""
}

/// A name that PostgreSQL can have: from one byte to 63, without NUL.
fn name(choices: &mut Choices<'_>) -> String {
    let name = choices.text(NAME_BYTES + 1);
    if name.is_empty() { "n".to_owned() } else { name }
}

fn type_name(choices: &mut Choices<'_>) -> Spelled {
    let plain = [
        "bigint",
        "integer",
        "character varying(7)",
        "numeric(10,2)",
        "timestamp(3) with time zone",
        "json[]",
    ];
    if choices.is_set() {
        return Spelled { sql: (*choices.one_of(&plain)).to_owned(), names: Vec::new(), texts: Vec::new() };
    }
    let names = vec![name(choices), name(choices)];
    let array = if choices.is_set() { "[]" } else { "" };
    Spelled { sql: format!("{}.{}{array}", quoted(&names[0]), quoted(&names[1])), names, texts: Vec::new() }
}

/// A default, as the server's `pg_get_expr` writes it.
fn expression(choices: &mut Choices<'_>) -> Option<Spelled> {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    // The server writes E'…' for a text with backslashes.
    let text = choices.text(40).replace('\\', "/");
    let spelled = |sql: String, texts: Vec<String>| Some(Spelled { sql, names: Vec::new(), texts });
    match choices.below(4) {
        0 => None,
        1 => spelled(format!("{}::text", literal(&text)), vec![text]),
        // What makes such a column an identity column does not come over.
        2 => spelled(format!("nextval({}::regclass)", literal(&text)), Vec::new()),
        _ => spelled("now()".to_owned(), Vec::new()),
    }
}

/// A column, with the names and literals that its clause has in a `CREATE TABLE`.
struct Drawn {
    column: ShapeColumn,
    type_names: Vec<String>,
    clause_names: Vec<String>,
    clause_texts: Vec<String>,
}

fn column(choices: &mut Choices<'_>, taken: &[Drawn]) -> Option<Drawn> {
    let own = name(choices);
    if taken.iter().any(|other| other.column.name == own) {
        return None;
    }
    let (spelled, expression) = (type_name(choices), expression(choices));
    let collation = choices.is_set().then(|| [name(choices), name(choices)]);
    let column = ShapeColumn {
        name: own.clone(),
        at_source: None,
        type_name: spelled.sql,
        collation: collation
            .as_ref()
            .map_or(String::new(), |[schema, name]| format!(" COLLATE {}.{}", quoted(schema), quoted(name))),
        not_null: choices.is_set(),
        identity: choices.is_set() && expression.is_none(),
        generated: [None, Some('s'), Some('v')][choices.below(3)]
            .filter(|_| expression.as_ref().is_some_and(|expression| !expression.sql.starts_with("nextval"))),
        expression: expression.as_ref().map(|expression| expression.sql.clone()),
        comment: choices.is_set().then(|| choices.text(100)),
        operators: choices.is_set().then(|| name(choices)),
        binary: choices.is_set(),
        by_text: choices.is_set(),
        ordered: choices.is_set(),
    };
    let mut clause_names = vec![own];
    clause_names.extend(spelled.names.iter().cloned().chain(collation.into_iter().flatten()));
    let clause_texts = expression.map_or(Vec::new(), |expression| expression.texts);
    Some(Drawn { column, type_names: spelled.names, clause_names, clause_texts })
}

/// Asserts that a statement has these names and literals.
fn check(sql: &str, names: &[&str], texts: &[&str]) {
    let tokens = sql::tokens(sql).unwrap_or_else(|fault| panic!("{fault}, in {sql}"));
    assert_eq!(sql::names(&tokens), names, "{sql}");
    assert_eq!(sql::texts(&tokens), texts, "{sql}");
    let words: Vec<&str> = WORDS.split_ascii_whitespace().chain(["k1", "k2", "k3"]).collect();
    sql::check_words(&tokens, &words, &sql);
    let depth = tokens.iter().fold(0, |depth, token| match token {
        Token::Sign('(') => depth + 1,
        Token::Sign(')') => depth - 1,
        _ => depth,
    });
    assert_eq!(depth, 0, "{sql}");
}

fuzz_target!(init: sql::check_lexer(), |input: &[u8]| {
    let mut choices = Choices::of(input);
    let choices = &mut choices;
    let (source, target) = ([name(choices), name(choices)], [name(choices), name(choices)]);
    let count = 1 + choices.below(4);
    let mut drawn: Vec<Drawn> = Vec::new();
    for _ in 0..count {
        let Some(column) = column(choices, &drawn) else { continue };
        drawn.push(column);
    }
    let table = Qualified::new(&*target[0], &*target[1]);
    let shape = Shape {
        table: Qualified::new(&*source[0], &*source[1]),
        kind: 'r',
        is_mother: false,
        oid: 1,
        fingerprint: String::new(),
        comment: choices.is_set().then(|| choices.text(100)),
        rows: 0,
        bytes: 0,
        columns: drawn.iter().map(|drawn| drawn.column.clone()).collect(),
        indexes: Vec::new(),
        primary_key: Vec::new(),
        only: None,
        refers_to_itself: choices.is_set(),
        row_triggers: None,
    };
    let mark = choices.is_set().then(|| name(choices));
    check_creation(&shape, &table, &drawn, mark.as_deref());
    let index = Index {
        name: name(choices),
        unique: choices.is_set(),
        constraint: None,
        deferrable: String::new(),
        definition: format!("btree ({})", quoted(&drawn[0].column.name)),
        columns: vec![drawn[0].column.name.clone()],
    };
    let [schema, own] = target.each_ref().map(String::as_str);
    let first = drawn[0].column.name.as_str();
    check(&indexes::creation(&index, false, &table), &[&index.name, schema, own, first], &[]);
    check(&indexes::creation(&index, true, &table), &[schema, own, first], &[]);
    let key: Vec<String> =
        drawn.iter().take(1 + choices.below(3)).map(|drawn| drawn.column.name.clone()).collect();
    let any_encoding = choices.is_set();
    let pair = Pair { source: shape, table, key, cursor: None, mark, any_encoding, row_triggers: None };
    check_rows(&pair, &drawn, choices);
});

fn check_creation(shape: &Shape, table: &Qualified, drawn: &[Drawn], mark: Option<&str>) {
    let (schema, own) = (table.schema(), table.name());
    let mut names = vec![schema, own];
    names.extend(drawn.iter().flat_map(|drawn| &drawn.clause_names).map(String::as_str).chain(mark));
    let mut texts: Vec<&str> =
        drawn.iter().flat_map(|drawn| &drawn.clause_texts).map(String::as_str).collect();
    if let Some(comment) = &shape.comment {
        names.extend([schema, own]);
        texts.push(comment);
    }
    for column in &shape.columns {
        if let Some(comment) = &column.comment {
            names.extend([schema, own, &column.name]);
            texts.push(comment);
        }
    }
    check(&creation(shape, table, mark), &names, &texts);
}

/// The statements that copy, merge and delete rows.
fn check_rows(pair: &Pair, drawn: &[Drawn], choices: &mut Choices<'_>) {
    let (table, source) =
        ([pair.table.schema(), pair.table.name()], [pair.source.table.schema(), pair.source.table.name()]);
    let copied: Vec<&str> = pair.source.copied().map(|column| column.name.as_str()).collect();
    let value = choices.text(100);
    let first = &drawn[0];
    let mut bounded: Vec<&str> = vec![&first.column.name];
    bounded.extend(first.column.operators.as_deref());
    bounded.extend(first.type_names.iter().map(String::as_str));
    let condition = ranges::condition(pair, Some(&value), None);
    check(&condition, &bounded, &[&value]);
    let cursor =
        Cursor { name: first.column.name.clone(), type_name: "bigint", clock: Clock::None, nullable: true };
    let dated = format!("{} AND {} <= {}", cursor.is_dated(None), cursor.quoted(), cursor.value(&value));
    let names = [&copied[..], &source, &[first.column.name.as_str(); 2]].concat();
    check(&pair.copy_to(&dated, ""), &names, &[&value]);
    let names = [&table[..], &copied].concat();
    check(&pair.copy_from(&pair.table.to_string()), &names, &[]);
    let deleted = sql::tokens(&deletes::statement(pair)).unwrap();
    let names = sql::names(&deleted);
    assert_eq!(names[..2], table);
    assert!(pair.key.iter().all(|key| names.contains(&key.as_str())), "{names:?}");
    assert!(sql::texts(&deleted).is_empty());
    let merge = pair.merge();
    let merged = sql::tokens(&merge).unwrap_or_else(|fault| panic!("{fault}, in {merge}"));
    let names = sql::names(&merged);
    let expected = [&table[..], &copied, &copied].concat();
    assert_eq!(names[..expected.len()], expected, "{merge}");
    let known = |name: &&str| {
        // "C" is the collation of texts.
        *name == "C"
            || copied.contains(name)
            || pair.mark.as_deref() == Some(*name)
            || pair.key.iter().any(|key| key == name)
    };
    assert!(names[expected.len()..].iter().all(known), "{merge}");
    assert!(sql::texts(&merged).is_empty(), "{merge}");
}
