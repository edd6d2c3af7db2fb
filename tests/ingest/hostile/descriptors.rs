//! Descriptors.

use super::{Hostile, with_descriptor};
use crate::dumps::{COLUMNS, DATA, FORM};
use pghaul_test_support::{Dump, descriptor};

/// The keys that are looked for.
const NAME_KEYS: &str = "looked for were the keys column_name, name, field, column, in any case";
const TYPE_KEYS: &str = "looked for were the keys column_type, data_type, type, type_name, in any case";
/// Bytes of the largest descriptor that is read.
const LARGEST: usize = 1 << 20;

/// The descriptor of `t` is refused with this message.
fn refused(name: &'static str, text: impl AsRef<[u8]>, what: &str) -> Hostile {
    Hostile::refused(name, with_descriptor(text), format!("app_v1.zip/t.json{what}"))
}

fn no_list(name: &'static str, text: impl AsRef<[u8]>, why: &str) -> Hostile {
    refused(name, text, &format!(": the descriptor is not a list of columns: {why}; {FORM}"))
}

/// What a message says of a type that is unknown, behind its name: the line that adds it.
fn added(key: &str) -> String {
    format!(
        ", and PostgreSQL has no such type; add it in xport_cfg.dialects, with the PostgreSQL type that fits: \
         {{match: '*', types: {{extends: mysql, '{key}': text}}}}"
    )
}

/// The column of this name is refused.
fn column(name: &'static str, column: &str, refusal: &str) -> Hostile {
    let json = serde_json::json!([
        {"column_name": "id", "column_type": "int"},
        {"column_name": column, "column_type": "int"},
    ]);
    let shown: String = column
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    let what = format!(
        ", column {shown}: entry 2 has {refusal}; rename the column in the descriptor and in the data file's header"
    );
    refused(name, json.to_string(), &what)
}

/// A descriptor that is loaded: names and types are data, never SQL.
fn harmless(name: &'static str, columns: [(&str, &str); 2]) -> Hostile {
    let header = columns.map(|(name, _)| format!("`{name}`")).join("|");
    let dump = Dump::new().table("t", &columns, format!("{header}\n1|one\n2|two\n")).good();
    Hostile::loads(name, dump.bytes())
}

pub fn list() -> Vec<Hostile> {
    let id = "{\"column_name\": \"id\", \"column_type\": \"int\"}";
    let twice = format!("[{id}, {id}, {{\"column_name\": \"name\", \"column_type\": \"text\"}}]");
    // Each line repeats the one before nine times.
    let lines = (b'b'..=b'z').map(|letter| {
        let before = format!("*{}", char::from(letter - 1));
        format!("- &{} [{}]\n", char::from(letter), vec![before; 9].join(", "))
    });
    let laughs = format!("- &a [x]\n{}", lines.collect::<String>());
    let aliases = format!(
        "- {{column_name: &a {}, column_type: int}}\n{}",
        "x".repeat(500_000),
        "- {column_name: *a, column_type: *a}\n".repeat(1500)
    );
    let nested = |open: &str, close: &str, count: usize| {
        format!(
            "[{{\"column_name\": \"id\", \"column_type\": \"int\", \"x\": {}{}}}]",
            open.repeat(count),
            close.repeat(count)
        )
    };
    let deep = format!(": the descriptor nests its brackets more than 256 deep; {FORM}");
    vec![
        refused("an empty descriptor", "", &format!(": the descriptor is empty; {FORM}")),
        refused("a descriptor of blanks", " \n\t ", &format!(": the descriptor is empty; {FORM}")),
        refused("a list of nothing", "[]", &format!(": the descriptor lists no columns; {FORM}")),
        no_list("a descriptor that is a map", id, "it is a map in which no key has a list of columns"),
        no_list(
            "a descriptor that is a word",
            "DROP TABLE t",
            "invalid type: string \"DROP TABLE t\", expected a sequence",
        ),
        no_list("a descriptor that is null", "null", "invalid type: unit value, expected a sequence"),
        no_list(
            "a list of numbers",
            "[1, 2]",
            ".[0]: invalid type: integer `1`, expected the name and type of a column at line 1 column 2",
        ),
        no_list(
            "a list that does not end",
            format!("[{id},"),
            "did not find expected node content at line 2 column 1, while parsing a flow node",
        ),
        refused(
            "a column without a type",
            "[{\"column_name\": \"id\"}]",
            &format!(
                ": no entry of the descriptor tells the column's type: {TYPE_KEYS}; there are column_name; {FORM}"
            ),
        ),
        refused(
            "a column whose name is a list",
            "[{\"column_name\": [\"id\"], \"column_type\": \"int\"}]",
            &format!(
                ": no entry of the descriptor tells the column's name: {NAME_KEYS}; there are column_name, column_type; {FORM}"
            ),
        ),
        refused(
            "a column whose name is null",
            "[{\"column_name\": null, \"column_type\": \"int\"}]",
            &format!(
                ": no entry of the descriptor tells the column's name: {NAME_KEYS}; there are column_name, column_type; {FORM}"
            ),
        ),
        refused(
            "a key of a megabyte",
            format!("[{{\"{}\": 1}}]", "k".repeat(LARGEST - 20)),
            &format!(
                ": no entry of the descriptor tells the column's name and type: looked for were the keys column_name, \
                 name, field, column and column_type, data_type, type, type_name, in any case; there are {}…; {FORM}",
                "k".repeat(40)
            ),
        ),
        refused(
            "a type of half a megabyte",
            descriptor(&[("id", &"(".repeat(LARGEST / 2)), ("name", "text")]),
            &format!(
                ", column id: type map mysql does not know the type `{}…`, and PostgreSQL has no such type; write the type \
                 in the descriptor as its database does",
                "(".repeat(500)
            ),
        ),
        no_list(
            "a key twice",
            "[{\"column_name\": \"a\", \"column_name\": \"b\", \"column_type\": \"int\"}]",
            ".[0]: duplicate field `column_name` at line 1 column 2",
        ),
        no_list(
            "two documents",
            format!("[{id}]\n---\n[{id}]"),
            "deserializing from YAML containing more than one document is not supported",
        ),
        Hostile::refused("a YAML tag", with_descriptor("!!python/object/apply:os.system [{column_name: a, column_type: int}]"), "app_v1.zip/t.dat, line 1, column id: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote").and_says("app_v1.zip/t.dat, line 1, column name: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote"),
        refused(
            "nine to the power of 25",
            laughs,
            ": the descriptor is not a list of columns: .[0]: invalid type: sequence, expected the name and type of a column at line 1 column 3; it must be a list of {\"column_name\": …, \"column_type\": …}",
        ),
        refused(
            "half a megabyte 3000 times",
            aliases,
            ": the descriptor grows by aliases beyond limits.max_descriptor (1 MiB); write every name and type out",
        ),
        refused("a million open lists", "[".repeat(LARGEST), &deep),
        refused("a million open maps", "{".repeat(LARGEST), &deep),
        refused("a million maps in maps", "{a:".repeat(LARGEST / 3), &deep),
        Hostile::refused(
            "lists in a column",
            with_descriptor(nested("[", "]", 100_000)),
            "app_v1.zip/t.dat, line 1, column name: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote",
        ),
        no_list(
            "a million dashes",
            "- ".repeat(LARGEST / 2),
            ".[0]: invalid type: sequence, expected the name and type of a column at line 1 column 3",
        ),
        no_list(
            "a million question marks",
            "? ".repeat(LARGEST / 2),
            "invalid type: map, expected a string at line 1 column 3",
        ),
        no_list(
            "a million anchors",
            "&a ".repeat(LARGEST / 3),
            "invalid type: unit value, expected a sequence",
        ),
        no_list(
            "a million colons",
            "a: ".repeat(LARGEST / 3),
            "mapping values are not allowed in this context at line 1 column 5",
        ),
        no_list(
            "a million quotes",
            format!("[{}", "''".repeat(LARGEST / 2 - 1)),
            &format!(".[0]: invalid type: string \"{}…", "'".repeat(500 - 28)),
        ),
        no_list(
            "a text of a million letters",
            format!("\"{}", "a".repeat(LARGEST - 1)),
            "found unexpected end of stream at line 1 column 1048577, while scanning a quoted scalar",
        ),
        no_list(
            "a million documents",
            "---\n".repeat(LARGEST / 4),
            "invalid type: unit value, expected a sequence at line 2 column 1",
        ),
        refused(
            "a column twice",
            twice,
            ", column id: the descriptor lists this column twice; rename or remove one of them",
        ),
        refused(
            "a name of no letters",
            descriptor(&[("id", "int"), ("", "int")]),
            ": entry 2 has an empty name; rename the column in the descriptor and in the data file's header",
        ),
        column("a name of 64 bytes", &"x".repeat(64), "a name of 64 bytes; PostgreSQL allows 63"),
        column(
            "a name of PostgreSQL's own",
            "xmin",
            "the name xmin, which is one of PostgreSQL's own columns in every table",
        ),
        column("a name with a NUL in JSON", "a\0b", "a name with a control character"),
        column("a name that rings the bell", "a\u{7}b", "a name with a control character"),
        refused(
            "a name that is no UTF-8",
            b"[{\"column_name\": \"\xFF\", \"column_type\": \"int\"}]",
            ": the descriptor is not valid UTF-8; set xport_cfg.encoding to the encoding of the dumps",
        )
        .config("xport_cfg: {encoding: utf-8}"),
        refused(
            "UTF-16 that nobody announced",
            descriptor(&[("id", "int")]).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            ": the descriptor holds NUL characters, as UTF-16 does; set xport_cfg.encoding to the encoding of the dumps, for example utf-16le",
        ),
        refused(
            "SQL in a type",
            descriptor(&[("id", "int); DROP TABLE good; --"), ("name", "text")]),
            ", column id: type map mysql does not know the type `int); DROP TABLE good; --`, and PostgreSQL has no such type; write the type in the descriptor as its database does",
        ),
        refused(
            "a type that no map knows",
            descriptor(&[("id", "widget"), ("name", "text")]),
            &format!(", column id: type map mysql does not know the type `widget`{}", added("widget")),
        ),
        refused(
            "a type that is too long",
            descriptor(&[("id", "varchar(99999999999)"), ("name", "text")]),
            &format!(
                ", column id: type map mysql does not know the type `varchar(99999999999)`{}",
                added("varchar(*)")
            ),
        ),
        Hostile::refused(
            "a column that the data has and the descriptor lacks",
            with_descriptor(descriptor(&[("id", "int")])),
            "app_v1.zip/t.dat, line 1, column name: the descriptor does not list this column; add the column to the \
             descriptor, or check xport_cfg.field_separator and dat_quote",
        ),
        harmless("SQL in names", [("id\"); DROP TABLE good; --", "int"), ("na'me", "text")]),
        harmless("reserved words as names", [("select", "int"), ("table", "text")]),
        harmless("names as long as they may be", [(&"x".repeat(63), "int"), (&"ü".repeat(31), "text")])
            .config("xport_cfg: {encoding: utf-8}"),
        harmless("names that differ in case alone", [("Id", "int"), ("ID", "text")]),
        Hostile::refused(
            "a header with SQL that the descriptor lacks",
            Dump::new().table("t", &COLUMNS, DATA.replace("name", "name\"; DROP TABLE good")).bytes(),
            "app_v1.zip/t.dat, line 1, column name\"; DROP TABLE good: the descriptor does not list this column; \
         add the column to the descriptor, or check xport_cfg.field_separator and dat_quote",
        ),
    ]
}
