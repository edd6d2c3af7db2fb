//! `pghaul ingest`: faults in the rows of a data file. The unit fails with one message that names line and column,
//! leaves nothing behind, and the other units are complete.

use crate::dumps::{CORRECT_THE_ROW, NOTES, with_rows};
use pghaul_test_support::{Dump, ingest, says};

/// The message about the table `t` with these rows behind its header.
#[track_caller]
fn fails(rows: impl AsRef<[u8]>) -> String {
    with_rows(rows).fails()
}

/// 3,000 rows of 3 lines each, about 300 KB, so that what follows is in another batch; it follows on line 9,002.
fn more_than_a_batch() -> String {
    (0..3000).map(|row| format!("{row}|`n`|`{}\n\nrow {row} of many | and more`\n", "x".repeat(70))).collect()
}

#[test]
fn too_few_fields() {
    let message = fails("1|a|b\n2|c\n3|d|e\n");
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 3: row has 2 fields, the header names 3: nothing for column note",
            CORRECT_THE_ROW,
        ],
    );
    says(
        &fails("1|a|b\n\n2|c|d\n"),
        &["app_v1.zip/t.dat, line 3: row has 1 field, the header names 3", "name", CORRECT_THE_ROW],
    );
}

#[test]
fn too_many_fields() {
    says(
        &fails("1|a|b\n2|c|d|e\n"),
        &["app_v1.zip/t.dat, line 3: row has 4 fields, the header names 3", CORRECT_THE_ROW],
    );
}

#[test]
fn the_line_is_right_behind_line_ends_inside_quotes() {
    says(&fails("1|`a\n\nb`|`x\n`\n2|c\n"), &["app_v1.zip/t.dat, line 6: row has 2 fields", CORRECT_THE_ROW]);
}

#[test]
fn the_line_is_right_in_a_later_batch() {
    let message = fails(more_than_a_batch() + "1|a|b|c\n");
    says(&message, &["app_v1.zip/t.dat, line 9002: row has 4 fields, the header names 3", CORRECT_THE_ROW]);
}

#[test]
fn a_quote_that_is_never_closed() {
    says(
        &fails("1|a|b\n2|`c|d\n3|e|f\n"),
        &["app_v1.zip/t.dat, line 3: row holds a quote that is never closed", CORRECT_THE_ROW],
    );
    let message = fails(more_than_a_batch() + "1|a|`b\n" + &"2|a|b\n".repeat(100_000));
    says(&message, &["app_v1.zip/t.dat, line 9002: row holds a quote that is never closed", CORRECT_THE_ROW]);
}

#[test]
fn a_value_that_its_type_refuses() {
    let message = fails("1|a|b\nx2|c|d\n");
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 3, column id: invalid input syntax for type integer: \"x2\" (SQLSTATE 22P02)",
            CORRECT_THE_ROW,
        ],
    );
    says(
        &fails("99999999999|a|b\n"),
        &[
            "t.dat, line 2, column id: ",
            "out of range",
            "SQLSTATE 22003",
            "to load columns of this type as bigint, ",
        ],
    );
}

#[test]
fn a_refused_value_deep_in_a_large_file() {
    let message = fails(more_than_a_batch() + "1|a|b\n`not\na number`|c|d\n" + &"2|a|b\n".repeat(50_000));
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 9003, column id: invalid input syntax for type integer: \"not\\na number\"",
            CORRECT_THE_ROW,
        ],
    );
}

#[test]
fn a_refused_value_is_quoted_in_part_only() {
    let message = fails(format!("{}|a|b\n", "x".repeat(1_000_000)));
    says(
        &message,
        &["t.dat, line 2, column id: invalid input syntax", "xxx…", "SQLSTATE 22P02", CORRECT_THE_ROW],
    );
    assert!(message.len() < 1000, "{} bytes", message.len());
}

#[test]
fn a_text_that_is_too_long() {
    let message = fails("1|abcde|b\n2|abcdef|d\n");
    says(
        &message,
        &[
            "t.dat, line 3, column name: value too long for type character varying(5) (SQLSTATE 22001)",
            "in the descriptor, character varying(5) by the type map mysql); to load columns of this type as text, ",
            "nothing of this unit was loaded",
        ],
    );
}

#[test]
fn an_empty_field_is_an_empty_text_and_no_number() {
    let ingest = with_rows("1||NULL\nNULL|`NULL`|``\n");
    ingest.loads();
    let sql = "SELECT id::text, name, note FROM t ORDER BY id";
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(ingest.db.rows(sql), [[some("1"), some(""), None], [None, some("NULL"), some("")]]);
    let message = fails("1|a|b\n|c|d\n");
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 3, column id: invalid input syntax for type integer: \"\" (SQLSTATE 22P02)",
            "an empty field is NULL only if it is not quoted and xport_cfg.null_pattern is ''",
        ],
    );
    let ingest = with_rows("|c|\n");
    ingest.config("xport_cfg: {null_pattern: ''}");
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT count(*) FROM t WHERE id IS NULL AND note IS NULL"), "1");
}

#[test]
fn a_nul_byte() {
    let message = fails("1|a|b\n2|c|d\0e\n");
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 3, column note: value holds a NUL character",
            "PostgreSQL",
            CORRECT_THE_ROW,
        ],
    );
}

#[test]
fn bytes_that_are_not_valid_in_the_encoding() {
    for (encoding, bytes) in [("utf-8", &b"1|a|b\n2|caf\xE9|d\n"[..]), ("euc-jp", b"1|a|b\n2|caf\xFF|d\n")] {
        let ingest = with_rows(bytes);
        ingest.config(&format!("xport_cfg: {{encoding: {encoding}}}"));
        let message = ingest.fails();
        let what = format!("value is not valid {}", encoding.to_uppercase());
        says(&message, &["app_v1.zip/t.dat, line 3, column name: ", &what, "xport_cfg.encoding"]);
    }
}

#[test]
fn mixed_line_ends() {
    says(
        &fails("1|a|b\r\n"),
        &["t.dat, line 2: row holds a line end that is not LF", "header line", "outside quotes"],
    );
    let ingest = ingest!();
    ingest.unit(&NOTES, "id|name|note\r\n1|a|b\r\n2|c|d\n");
    says(&ingest.fails(), &["t.dat, line 3: row holds a line end that is not CR LF", CORRECT_THE_ROW]);
}

#[test]
fn values_that_look_like_the_end_of_data_or_like_escapes_are_data() {
    let ingest = ingest!();
    let names = "\\.\n\\N\nNULL\n`\\.`\na\\tb\n";
    ingest.unit(&[("name", "text")], format!("name\n{names}"));
    ingest.loads();
    let sql = "SELECT string_agg(coalesce(name, '<null>'), ' ' ORDER BY ctid) FROM v1_t";
    assert_eq!(ingest.db.one(sql), "\\. \\N <null> \\. a\\tb");
}

#[test]
fn other_encodings_are_loaded_right() {
    let text = "id|name|note\n1|größe|„schön“ – 5 €\n";
    let windows: Vec<u8> = text
        .chars()
        .map(|c| match c {
            '„' => 0x84,
            '“' => 0x93,
            '–' => 0x96,
            '€' => 0x80,
            c => u8::try_from(u32::from(c)).expect("a Latin-1 character"),
        })
        .collect();
    let little: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (encoding, bytes) in [("windows-1252", windows), ("utf-16le", little), ("utf-16be", big)] {
        let ingest = ingest!();
        ingest.config(&format!("xport_cfg: {{encoding: {encoding}}}"));
        ingest.dump("app_v1.zip", &Dump::new().table("t", &NOTES, bytes));
        ingest.loads();
        assert_eq!(ingest.db.one("SELECT name || ' ' || note FROM t"), "größe „schön“ – 5 €", "{encoding}");
    }
}

#[test]
fn a_row_that_does_not_fit_a_page() {
    let ingest = ingest!();
    let names: Vec<String> = (1..=1500).map(|i| format!("c{i}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "bigint")).collect();
    let (small, large) = (vec!["NULL"; 1500].join("|"), vec!["1"; 1500].join("|"));
    ingest.unit(&columns, format!("{}\n{small}\n{large}\n{small}\n{small}\n", names.join("|")));
    let message = ingest.fails();
    // The server does not say which row it was, and we must not name another.
    says(
        &message,
        &["app_v1.zip/t.dat: row is too big", "54000", "or one shortly before it", "load fewer columns"],
    );
}

#[test]
fn a_version_that_was_loaded_stays_when_its_new_data_is_bad() {
    let ingest = with_rows("1|a|b\n2|c|d\n");
    ingest.loads();
    ingest.unit(&NOTES, "id|name|note\n1|a|b\nx|c|d\n");
    let run = ingest.command().run();
    run.assert_code(1).assert_stderr_has("t.dat, line 3, column id");
    assert_eq!(ingest.tables(), ["good", "t", "v1_good", "v1_t"]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t"), "a,c");
    ingest.unit(&NOTES, "id|name|note\n1|a|b\n3|e|f\n");
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t"), "a,e");
}
