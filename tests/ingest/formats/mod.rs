//! Data files as other programs write them: settings for each kind of dumps, formats, separators, escapes, encodings.

mod quotes;
mod reports;
mod settings;
mod spectrum;

use pghaul_test_support::{Dump, Ingest, ingest, says};

const TEXT: [(&str, &str); 2] = [("id", "int"), ("txt", "nvarchar(100)")];

/// What `SELECT` gives of the rows, in the order of the file.
type Rows = Vec<Vec<Option<String>>>;

/// Loads a data file, verified, with these lines of `xport_cfg`.
#[track_caller]
fn loaded(cfg: &str, columns: &[(&str, &str)], data: &[u8]) -> (Ingest, Rows) {
    let ingest = ingest!();
    ingest.config(&format!("xport_cfg: {{{cfg}}}"));
    ingest.dump("lms_v1.zip", &Dump::new().table("t", columns, data));
    let run = ingest.command().args(["--verify"]).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "no warning");
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("{name}::text")).collect();
    let rows = ingest.db.rows(&format!("SELECT {} FROM v1_t ORDER BY ctid", names.join(", ")));
    (ingest, rows)
}

/// Rows of an id and a text.
fn texts(texts: &[Option<&str>]) -> Rows {
    let row = |(number, text): (usize, &Option<&str>)| {
        vec![Some((number + 1).to_string()), text.map(str::to_owned)]
    };
    texts.iter().enumerate().map(row).collect()
}

/// Loads the one unit, which must fail; gives the message.
#[track_caller]
fn fails(ingest: &Ingest) -> String {
    let run = ingest.command().run();
    run.assert_code(1);
    run.stderr
}

#[track_caller]
fn has_texts(cfg: &str, data: &[u8], expected: &[Option<&str>]) {
    assert_eq!(loaded(cfg, &TEXT, data).1, texts(expected), "{cfg}");
}

/// What `bcp` writes (SQL Server documentation, "bcp utility"): no quotes, no header line, NULL as nothing and the empty text
/// as a NUL byte.
#[test]
fn files_of_bcp() {
    let data = b"1\tAnn\r\n2\t\r\n3\t\0\r\n4\tit's \"a\" `b`\r\n5\ttwo\nlines\rhere\r\n6\tC:\\temp\\N\r\n";
    let expected =
        [Some("Ann"), None, Some(""), Some("it's \"a\" `b`"), Some("two\nlines\rhere"), Some("C:\\temp\\N")];
    has_texts("format: bcp", data, &expected);
    // Of `bcp -w`, with a byte-order mark, as SQL Server writes it.
    let utf16 = |text: &[u8]| {
        let text = format!("\u{FEFF}{}", String::from_utf8_lossy(text));
        text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    has_texts("format: bcp, encoding: utf-16le", &utf16(data), &expected);
    // Its own terminators: bcp -c -t "|~|" -r "|\r\n" and -r "<EOL>".
    for (line_end, terminator) in [("\"|\\r\\n\"", "|\r\n"), ("'<EOL>'", "<EOL>")] {
        let data = format!("1|~|a|~b{terminator}2|~|{terminator}3|~|c\r\nd|{terminator}");
        let expected = [Some("a|~b"), None, Some("c\r\nd|")];
        // The last one ends with the first byte of the terminator.
        let data = if terminator == "<EOL>" { data } else { data.replace("d||", "d |") };
        let expected = if terminator == "<EOL>" { expected } else { [Some("a|~b"), None, Some("c\r\nd ")] };
        has_texts(
            &format!("format: bcp, field_separator: '|~|', line_end: {line_end}"),
            data.as_bytes(),
            &expected,
        );
    }
}

#[test]
fn files_of_mysql() {
    let data = b"1\tC:\\\\temp\\\\x\n2\t\\N\n3\tsay \\\"hi\\\" `x`\n4\ttab\\\there\\\nand a line\n5\t\\b\\n\\r\\t\\Z\\q\n6\tNULL\n7\t\\\\N\n";
    let expected = [
        Some("C:\\temp\\x"),
        None,
        Some("say \"hi\" `x`"),
        Some("tab\there\nand a line"),
        Some("\u{8}\n\r\t\u{1A}q"),
        Some("NULL"),
        Some("\\N"),
    ];
    has_texts("format: outfile, encoding: utf-8", data, &expected);
    let enclosed =
        b"1,\"say \\\"hi\\\", \"\"twice\"\"\"\n2,\"back\\\\slash\"\n3,\\N\n4,\"a\\\nb,\nc\"\n5,x\\,y\n";
    let expected = [Some("say \"hi\", \"twice\""), Some("back\\slash"), None, Some("a\nb,\nc"), Some("x,y")];
    has_texts("format: outfile, field_separator: ',', dat_quote: '\"'", enclosed, &expected);
    // Escapes as COPY's CSV has them: only before a quote or an escape, inside quotes.
    let csv = b"id,txt\n1,\"say \\\"hi\\\"\"\n2,\"a\\\\b\\n\"\n3,c\\d\n4,\n";
    has_texts("format: csv, escape: '\\'", csv, &[Some("say \"hi\""), Some("a\\b\\n"), Some("c\\d"), None]);

    let ingest = ingest!();
    ingest.config("xport_cfg: {format: outfile}");
    ingest
        .dump("shop_v1.zip", &Dump::new().table("t", &[("id", "int"), ("txt", "text")], "1\ta\n2\tb\\0c\n"));
    says(&fails(&ingest), &["t.dat, line 2, column txt", "NUL"]);
}

#[test]
fn without_a_header_the_descriptor_names_the_columns() {
    has_texts("header: false", b"1|a\n2|NULL\n", &[Some("a"), None]);
    let ingest = ingest!();
    ingest.config("xport_cfg: {format: bcp}");
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, "1\ta\r\n2\tb\tc\r\n3\r\n\r\n4\td\r\n"));
    says(&fails(&ingest), &["t.dat, line 2: row has 3 fields, the descriptor lists 2"]);
    ingest.command().args(["--max-rejects", "3", "--rejects", "rejects"]).run().assert_code(3);
    assert_eq!(ingest.work.read("rejects/v1_t.dat"), "2\tb\tc\r\n3\r\n\r\n");
    let reasons = ingest.work.read("rejects/v1_t.jsonl");
    says(&reasons, &["\"line\":2", "\"line\":3", "\"line\":4", "the line is empty, nothing for column txt"]);
    assert_eq!(ingest.db.one("SELECT string_agg(txt, ',') FROM t"), "a,d");
}

#[test]
fn a_separator_at_the_end_of_lines() {
    let setting = "trailing_separator: true";
    has_texts(setting, b"id|txt|\n1|a|\n2||\n3|c\n", &[Some("a"), Some(""), Some("c")]);
    has_texts(setting, b"id|txt\n1|a|\n2|b|\n", &[Some("a"), Some("b")]);
    let ingest = ingest!();
    ingest.unit(&TEXT, "id|txt\n1|a|\n");
    says(&ingest.fails(), &["line 2: row has 3 fields, the header names 2", "trailing_separator: true"]);
    ingest.unit(&TEXT, "id|txt|\n1|a|\n");
    says(&ingest.refused(), &["column 3 of the header has no name", "trailing_separator: true"]);
    ingest.config(&format!("xport_cfg: {{{setting}}}"));
    ingest.unit(&TEXT, "id|txt\n1|a|b\n");
    says(&ingest.fails(), &["line 2: row has 3 fields"]);
    ingest.unit(&TEXT, "id|txt\r\n1|a\r\n\r\n2|b\r\n");
    says(
        &ingest.fails(),
        &["line 3: row has 1 field, the header names 2: the line is empty, nothing for column txt"],
    );
}

#[test]
fn empty_lines_at_the_end_are_no_rows_unless_there_is_one_column() {
    for data in ["id|txt\n1|a\n\n", "id|txt\r\n1|a\r\n\r\n\r\n", "id|txt\n1|a\n\n\n\n"] {
        has_texts("encoding: utf-8", data.as_bytes(), &[Some("a")]);
    }
    // The line ends belong to the value.
    has_texts("encoding: utf-8", b"id|txt\n1|`a\n\n`\n", &[Some("a\n\n")]);
    let ingest = ingest!();
    ingest.unit(&[("txt", "text")], "txt\na\n\n");
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT count(*) FROM v1_t"), "2");
}

#[test]
fn several_null_markers() {
    let data = b"id,txt\n1,\n2,NULL\n3,\\N\n4,\"NULL\"\n5,null\n";
    has_texts(
        "format: csv, null_pattern: ['', NULL, \\N]",
        data,
        &[None, None, None, Some("NULL"), Some("null")],
    );
    has_texts("null_pattern: NULL", b"id|txt\n1|NULL\n2|\n", &[None, Some("")]);
}

#[test]
fn code_pages_of_dos() {
    for (encoding, bytes, text) in [
        ("cp437", &b"\x81 \xE3 \xB0"[..], "ü π ░"),
        ("cp850", b"\x81 \x9B", "ü ø"),
        ("CP852", b"\x9D \xE7", "Ł š"),
    ] {
        let data = [b"1|", bytes, b"\n"].concat();
        has_texts(&format!("header: false, encoding: {encoding}"), &data, &[Some(text)]);
    }
    // What is refused is kept as it is in the file.
    let ingest = ingest!();
    ingest.config("xport_cfg: {header: false, encoding: cp850}");
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, b"\x81|\x9B\n1|\x81\n"));
    ingest.command().args(["--max-rejects", "1", "--rejects", "rejects"]).run().assert_code(3);
    assert_eq!(std::fs::read(ingest.work.join("rejects/v1_t.dat")).unwrap(), b"\x81|\x9B\n");
}

#[test]
fn a_line_end_that_is_said_but_is_another_one_is_a_warning() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {format: outfile}");
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, "1\ta\r\n"));
    let run = ingest.loads();
    run.assert_stderr_has("lms_v1.zip/t.dat: the first line ends with CR LF, but line_end is LF");
}

/// A file that several streams share is cut where rows end, whatever stands in their values.
#[test]
fn large_files_are_cut_at_their_rows() {
    let long = "x".repeat(150);
    let row = |id: u32, special: &str, quote: &str| format!("{id}\t{quote}{long}{special}{long}{quote}\n");
    for (format, special, value, quote) in [
        ("format: outfile", "a\\\nb\\\\\\\n\\\t", "a\nb\\\n\t", ""),
        ("field_separator: \"\\t\", header: false", "a\n1\tb``\n", "a\n1\tb`\n", "`"),
    ] {
        let data: String = (0..220_000).map(|id| row(id, special, quote)).collect();
        assert!(data.len() > 64 << 20);
        let ingest = ingest!();
        ingest.config(&format!("xport_cfg: {{{format}}}"));
        ingest.dump("lms_v1.zip", &Dump::new().table("t", &[("id", "int"), ("txt", "text")], data));
        let run = ingest.command().args(["--workers", "2", "--verify", "-v"]).run();
        run.assert_code(0).assert_stderr_has("by 2 streams");
        let rows = ingest.db.rows(
            "SELECT count(*)::text, count(DISTINCT id)::text, count(DISTINCT txt)::text, min(txt) FROM t",
        );
        let expected =
            ["220000", "220000", "1", &format!("{long}{value}{long}")].map(|text| Some(text.to_owned()));
        assert_eq!(rows, [expected]);
    }
}
