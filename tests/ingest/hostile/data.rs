//! Data files.

use super::{Hostile, with_data};
use crate::dumps::CORRECT_THE_ROW;

/// The header of `t` is refused.
fn refused(name: &'static str, data: impl AsRef<[u8]>, what: &str) -> Hostile {
    Hostile::refused(name, with_data(data), format!("app_v1.zip/t.dat, line 1{what}"))
}

/// A row of `t` fails its unit.
fn fails(name: &'static str, rows: impl AsRef<[u8]>, what: &str) -> Hostile {
    let data = [b"id|name\n", rows.as_ref()].concat();
    Hostile::fails(name, with_data(data), format!("app_v1.zip/t.dat, {what}; {CORRECT_THE_ROW}"))
}

/// The message about a value that is beyond its type: in the descriptor, in PostgreSQL, and one that holds it.
fn beyond(what: &str, [source, target, wider]: [&str; 3]) -> String {
    format!(
        "app_v1.zip/t.dat, {what} ({source} in the descriptor, {target} by the type map mysql); to load columns of this type as \
         {wider}, in xport_cfg.dialects write {{match: '*', types: {{extends: mysql, '{source}': {wider}}}}}, and load with \
         --mothers widen; nothing of this unit was loaded"
    )
}

/// Plain letters, two bytes each.
fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn list() -> Vec<Hostile> {
    let twice = ": the header names this column twice; rename or remove one of them";
    let closed =
        "the header line holds a quote that is never closed; correct it, or check xport_cfg.dat_quote";
    let marked = [b"\xFF\xFE".to_vec(), utf_16("id|name\n1|one\n2|two\n")].concat();
    vec![
        refused("no data at all", "", ": no header line; the first line must name the columns"),
        refused(
            "an empty line in front",
            "\n1|one\n",
            ": no header line; the first line must name the columns; remove the empty line before them, which SQL*Plus writes \
             unless NEWPAGE is NONE",
        ),
        refused("rows without a header", "1|one\n2|two\n", ", column 1: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote").and_says("app_v1.zip/t.dat, line 1, column one: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote"),
        refused("another separator", "id,name\n1,one\n", ", column id,name: the descriptor does not list this column; add the column to the descriptor, or check xport_cfg.field_separator and dat_quote"),
        refused("a header column twice", "id|name|id\n", &format!(", column id{twice}")),
        refused("a header column twice but for its case", "id|name|ID\n", &format!(", column ID{twice}")),
        refused(
            "a column without a name",
            "id||name\n",
            ": column 2 of the header has no name; the first line must name every column",
        ),
        refused("a quote that is open in the header", "id|`name\n1|one\n", &format!(": {closed}")),
        refused("a NUL in the header", "id|na\0me\n", ": the header holds NUL characters, as UTF-16 does; set xport_cfg.encoding to the encoding of the data files, for example utf-16le"),
        refused("UTF-16 without being told", utf_16("id|name\n1|one\n"), ": the header holds NUL characters, as UTF-16 does; set xport_cfg.encoding to the encoding of the data files, for example utf-16le"),
        refused("UTF-16 with a mark, without being told", marked, ": the header holds NUL characters, as UTF-16 does; set xport_cfg.encoding to the encoding of the data files, for example utf-16le"),
        refused("a header that is no UTF-8", b"id|n\xE9\n1|one\n", ": the name of column 2 is not valid UTF-8; set xport_cfg.encoding to the encoding of the data files")
            .config("xport_cfg: {encoding: utf-8}"),
        fails(
            "too few fields",
            "1|one\n2\n",
            "line 3: row has 1 field, the header names 2: nothing for column name",
        ),
        fails("too many fields", "1|one\n2|two|three\n", "line 3: row has 3 fields, the header names 2"),
        fails(
            "an empty line",
            "1|one\n\n2|two\n",
            "line 3: row has 1 field, the header names 2: the line is empty, nothing for column name",
        ),
        fails(
            "a quote that is never closed",
            "1|one\n2|`two\n",
            "line 3: row holds a quote that is never closed",
        ),
        fails("a stray carriage return", "1|one\n2|t\rwo\n", "line 3: row holds a line end that is not LF, which the header line ends with, outside quotes"),
        fails("line ends of two kinds", "1|one\r\n2|two\n", "line 2: row holds a line end that is not LF, which the header line ends with, outside quotes"),
        fails("a NUL", "1|one\n2|t\0o\n", "line 3, column name: value holds a NUL character, which PostgreSQL cannot store"),
        fails("a file of NULs", "\0".repeat(100_000), "line 2: row has 1 field, the header names 2: nothing for column name"),
        fails("a number that is none", "1|one\n2;DROP TABLE good|two\n", "line 3, column id: invalid input syntax for type integer: \"2;DROP TABLE good\" (SQLSTATE 22P02) (int in the descriptor, integer by the type map mysql)"),
        Hostile::fails("a number that is too large", with_data("id|name\n1|one\n99999999999999999999|two\n"), beyond("line 3, column id: value \"99999999999999999999\" is out of range for type integer (SQLSTATE 22003)", ["int", "integer", "bigint"])),
        Hostile::fails("a text that is too long", with_data(format!("id|name\n1|{}\n", "x".repeat(21))), beyond("line 2, column name: value too long for type character varying(20) (SQLSTATE 22001)", ["varchar(20)", "character varying(20)", "text"])),
        Hostile::fails("a byte that is no UTF-8", with_data(b"id|name\n1|one\n2|tw\xF6\n"), "app_v1.zip/t.dat, line 3, column name: value is not valid UTF-8, the encoding that xport_cfg.encoding names; correct the row in the data file; nothing of this unit was loaded")
            .config("xport_cfg: {encoding: utf-8}"),
        Hostile::loads("backslashes that would end a COPY", with_data("id|name\n1|\\.\n2|\\N\n")),
        Hostile::loads("SQL in a value", with_data("id|name\n1|'; DROP TABLE good\n2|`\"`\n")),
        Hostile::loads("no line end at the end", with_data("id|name\n1|one\n2|two")),
    ]
}
