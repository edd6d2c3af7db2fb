//! `pghaul inspect`: what it prints loads the dump, and the rows are those that were written.

use pghaul_test_support::{Dump, Ingest, descriptor, ingest, pghaul, says};

const COLUMNS: [(&str, &str); 3] = [("id", "int"), ("txt", "nvarchar(100)"), ("born", "date")];

/// A row: a number, a text, a date.
type Row<'t> = (u32, Option<&'t str>, Option<&'t str>);

/// Enough rows for a guess, these first.
fn rows<'t>(special: &[Option<&'t str>]) -> Vec<Row<'t>> {
    let of = |(number, text): (usize, &Option<&'t str>)| {
        (number as u32 + 1, *text, if number % 3 == 2 { None } else { Some("2019-02-27") })
    };
    special.iter().chain(&[Some("Ann"), Some("Bob"), Some("Cid"), Some("Dan")]).enumerate().map(of).collect()
}

/// The configuration that `pghaul inspect` prints for the dump, which loads it.
#[track_caller]
fn inspected(ingest: &Ingest, arguments: &[&str]) -> String {
    let run = pghaul!(ingest.work).args(["inspect"]).args(arguments).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "no warning");
    println!("{}", run.stdout);
    ingest.config(&run.stdout);
    ingest.command().args(["--verify"]).run().assert_code(0);
    run.stdout
}

#[track_caller]
fn has_rows(ingest: &Ingest, table: &str, expected: &[Row<'_>]) {
    let sql = format!("SELECT id::text, txt, born::text FROM {table} ORDER BY id");
    let text = |text: Option<&str>| text.map(str::to_owned);
    let expected: Vec<Vec<Option<String>>> =
        expected.iter().map(|(id, txt, born)| vec![Some(id.to_string()), text(*txt), text(*born)]).collect();
    assert_eq!(ingest.db.rows(&sql), expected);
}

/// A way to write a data file.
struct Writer {
    name: &'static str,
    separator: &'static str,
    header: bool,
    line_end: &'static str,
    null: &'static str,
    text: fn(&str) -> String,
    date: fn(&str) -> String,
    bytes: fn(&str) -> Vec<u8>,
    /// Lines of the configuration, in this order.
    says: &'static [&'static str],
}

impl Writer {
    fn write(&self, rows: &[Row<'_>]) -> Vec<u8> {
        let mut out = String::new();
        if self.header {
            out.push_str(&["id", "txt", "born"].join(self.separator));
            out.push_str(self.line_end);
        }
        for (id, txt, born) in rows {
            let txt = txt.map_or_else(|| self.null.to_owned(), self.text);
            let born = born.map_or_else(|| self.null.to_owned(), self.date);
            out.push_str(&[id.to_string(), txt, born].join(self.separator));
            out.push_str(self.line_end);
        }
        (self.bytes)(&out)
    }
}

fn as_it_is(text: &str) -> String {
    text.to_owned()
}

fn utf8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn doubled(quote: &str, text: &str) -> String {
    format!("{quote}{}{quote}", text.replace(quote, &quote.repeat(2)))
}

fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c == '’' { 0x92 } else { u8::try_from(c).unwrap() }).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn of_mysql(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\\t").replace('\n', "\\\n")
}

fn day_first(date: &str) -> String {
    let parts: Vec<&str> = date.split('-').collect();
    format!("{}/{}/{}", parts[2], parts[1], parts[0])
}

const PLAIN: Writer = Writer {
    name: "plain",
    separator: "|",
    header: true,
    line_end: "\n",
    null: "NULL",
    text: as_it_is,
    date: as_it_is,
    bytes: utf8,
    says: &[],
};

const WRITERS: [(Writer, &[Option<&str>]); 10] = [
    (
        Writer {
            name: "bcp -c",
            separator: "\t",
            header: false,
            line_end: "\r\n",
            null: "",
            says: &[
                "types: mssql",
                "encoding: utf-8",
                "field_separator: \"\\t\"",
                "dat_quote: none",
                "escape: none",
                "header: false",
                "null_pattern: ''",
                "line_end: \"\\r\\n\"",
            ],
            ..PLAIN
        },
        &[Some("two\nlines"), None, Some("it's \"a\" `b`"), Some("C:\\temp\\new")],
    ),
    (
        Writer {
            name: "bcp -c with empty texts",
            separator: "\t",
            header: false,
            line_end: "\r\n",
            null: "",
            text: |text| if text.is_empty() { "\0".to_owned() } else { text.to_owned() },
            says: &["nul: empty"],
            ..PLAIN
        },
        &[Some(""), None],
    ),
    (
        Writer {
            name: "bcp -w",
            separator: "\t",
            header: false,
            line_end: "\r\n",
            null: "",
            bytes: utf16,
            says: &["encoding: utf-16le", "field_separator: \"\\t\""],
            ..PLAIN
        },
        &[Some("größe 表"), None],
    ),
    (
        Writer {
            name: "OUTFILE",
            separator: "\t",
            header: false,
            null: "\\N",
            text: of_mysql,
            says: &[
                "dat_quote: none",
                "escape: '\\'",
                "header: false",
                "null_pattern: '\\N'",
                "line_end: \"\\n\"",
            ],
            ..PLAIN
        },
        &[Some("a tab\t and a \\"), None, Some("two\nlines"), Some("NULL"), Some("say \"hi\"")],
    ),
    (
        Writer {
            name: "OUTFILE, enclosed",
            separator: ",",
            header: false,
            null: "\\N",
            text: |text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            says: &["format: outfile", "field_separator: ','", "dat_quote: '\"'", "escape: '\\'"],
            ..PLAIN
        },
        &[Some("say \"hi\", twice"), None, Some("C:\\temp"), Some("")],
    ),
    (
        Writer {
            name: "CSV",
            separator: ",",
            null: "",
            text: |text| doubled("\"", text),
            says: &[
                "field_separator: ','",
                "dat_quote: '\"'",
                "escape: none",
                "header: true",
                "null_pattern: ''",
                "line_end: auto",
            ],
            ..PLAIN
        },
        &[Some("a, \"b\"\nc"), None, Some(""), Some("NULL")],
    ),
    (
        Writer {
            name: "semicolons and decimal commas",
            separator: ";",
            line_end: "\r\n",
            null: "",
            text: |text| if text.contains([';', ',']) { doubled("\"", text) } else { text.to_owned() },
            date: day_first,
            says: &[
                "field_separator: ';'",
                "dat_quote: '\"'",
                "date_order: dmy",
                "27/02/2019",
                "column \"born\"",
            ],
            ..PLAIN
        },
        &[Some("1.234,56"), None, Some("a;b"), Some("7,5")],
    ),
    (
        Writer {
            name: "the original's",
            text: |text| doubled("`", text),
            says: &[
                "field_separator: '|'",
                "dat_quote: '`'",
                "header: true",
                "null_pattern: 'NULL'",
                "line_end: auto",
            ],
            ..PLAIN
        },
        &[Some("a|b"), None, Some("it`s"), Some("")],
    ),
    (
        Writer {
            name: "windows-1252",
            bytes: windows_1252,
            says: &["encoding: windows-1252", "null_pattern: 'NULL'"],
            ..PLAIN
        },
        &[Some("it’s größer"), None],
    ),
    (
        Writer {
            name: "several bytes between fields",
            separator: "|~|",
            header: false,
            null: "",
            says: &["field_separator: '|~|'", "header: false"],
            ..PLAIN
        },
        &[Some("a|b"), None, Some("~c, d")],
    ),
];

#[test]
fn the_configuration_loads_the_dump_and_gives_the_rows_that_were_written() {
    for (writer, special) in WRITERS {
        println!("{}", writer.name);
        let ingest = ingest!();
        let rows = rows(special);
        ingest.dump("crm_v1.zip", &Dump::new().table("t", &COLUMNS, writer.write(&rows)));
        says(&inspected(&ingest, &["dumps/crm_v1.zip"]), writer.says);
        has_rows(&ingest, "v1_t", &rows);
    }
}

/// Without a descriptor, the first line and the values must say what the columns are.
#[test]
fn a_data_file_alone_gets_a_descriptor() {
    for (writer, special) in WRITERS {
        println!("{}", writer.name);
        let ingest = ingest!();
        let rows = rows(special);
        let data = writer.write(&rows);
        ingest.work.write("t.dat", &data);
        let printed = pghaul!(ingest.work).args(["inspect", "t.dat", "--descriptors", "."]).run();
        printed.assert_code(0);
        says(&printed.stdout, &["t has no descriptor", "\"column_type\": \"integer\"", "xport_cfg:"]);
        let written = ingest.work.read("t.json");
        let names: &[&str] =
            if writer.header { &["id", "txt", "born"] } else { &["column_1", "column_2", "column_3"] };
        let types = ["integer", "text", "date"];
        let columns: Vec<(&str, &str)> = names.iter().copied().zip(types).collect();
        assert_eq!(written, descriptor(&columns), "{}", printed.stdout);
        ingest.config(&printed.stdout);
        ingest.dump("crm_v1.zip", &Dump::new().member("t.json", written).member("t.dat", data));
        ingest.command().args(["--verify"]).run().assert_code(0);
        let aliases =
            format!("(SELECT {} AS id, {} AS txt, {} AS born FROM v1_t) t", names[0], names[1], names[2]);
        has_rows(&ingest, &aliases, &rows);
        // A descriptor that is there is not replaced.
        let again = pghaul!(ingest.work).args(["inspect", "t.dat", "--descriptors", "."]).run();
        again.assert_code(0);
        again.assert(!again.stdout.contains("has no descriptor"), "the descriptor beside it to be used");
    }
}

#[test]
fn dumps_of_the_generator() {
    let ingest = ingest!();
    let folder = ingest.work.join("dumps");
    let generate =
        pghaul!(ingest.work).args(["generate", "dump", "--rows", "300", "--versions", "v1,v2", "--out"]);
    generate.args([&folder]).run().assert_code(0);
    let config = inspected(&ingest, &["dumps"]);
    says(
        &config,
        &["zip_path: dumps", "match: '*'", "field_separator: '|'", "dat_quote: '`'", "header: true"],
    );
    let mut loaded = 0;
    for table in ingest.tables().iter().filter(|table| table.starts_with("v1_") || table.starts_with("v2_")) {
        assert_eq!(ingest.db.one(&format!("SELECT count(*) FROM {table}")), "300", "{table}");
        loaded += 1;
    }
    assert!(loaded > 1);
}

#[test]
fn dates_that_could_be_either_are_a_doubt_and_no_line() {
    let ingest = ingest!();
    ingest.dump(
        "crm_v1.zip",
        &Dump::new().table("t", &[("id", "int"), ("d", "date")], "id|d\n1|01/02/2019\n2|03/04/2019\n"),
    );
    let config = inspected(&ingest, &["dumps/crm_v1.zip"]);
    says(&config, &["# date_order:", "DOUBT: 2 values could be either"]);
    ingest.work.write("t.dat", "id|d\n1|01/02/2019\n2|03/04/2019\n");
    let run = pghaul!(ingest.work).args(["inspect", "t.dat"]).run();
    run.assert_stdout_has("{\"column_name\": \"d\", \"column_type\": \"text\"}");
}

#[test]
fn dumps_that_differ_have_a_dialect_each() {
    let ingest = ingest!();
    let columns = [("id", "int"), ("txt", "varchar(20)")];
    ingest.dump("a_v1.zip", &Dump::new().table("t", &columns, "id,txt\n1,\"x, y\"\n2,\n"));
    ingest.dump("b_v2.zip", &Dump::new().table("t", &columns, "id|txt\n1|x\n2|NULL\n"));
    let config = inspected(&ingest, &["dumps"]);
    says(
        &config,
        &["match: 'a_v1.zip'", "field_separator: ','", "match: 'b_v2.zip'", "field_separator: '|'"],
    );
    assert_eq!(ingest.db.one("SELECT string_agg(txt, ';' ORDER BY txt) FROM t"), "x;x, y");
}

#[test]
fn parts_of_a_data_file_are_looked_at() {
    let ingest = ingest!();
    let descriptor = descriptor(&[("id", "integer"), ("txt", "text")]);
    let part = |first: u32| {
        (first..first + 20).fold("id;txt\n".to_owned(), |part, id| part + &format!("{id};text {id}\n"))
    };
    let dump =
        Dump::new().member("t.json", descriptor).member("t_1.dat", part(1)).member("t_2.dat", part(21));
    ingest.dump("crm_v1.zip", &dump);
    let run = pghaul!(ingest.work).args(["inspect", "dumps/crm_v1.zip"]).run();
    run.assert_code(0);
    says(&run.stdout, &["field_separator: ';'"]);
}

#[test]
fn what_cannot_be_read_is_exit_code_1_and_wrong_usage_2() {
    let ingest = ingest!();
    ingest.work.write("dumps/x_v1.zip.gpg", "x");
    ingest.work.write("dumps/broken_v1.zip", "no zip");
    ingest.work.write("prose.dat", "just\nsome words\n");
    ingest.work.write("empty.dat", "");
    for (path, what) in [
        ("nowhere.dat", "nowhere.dat: No such file"),
        ("dumps/x_v1.zip.gpg", "the dump is encrypted"),
        ("dumps/broken_v1.zip", "broken_v1.zip"),
        ("prose.dat", "prose.dat: no separator gives rows"),
        ("empty.dat", "empty.dat"),
        ("dumps", "the dump is encrypted"),
    ] {
        let run = pghaul!(ingest.work).args(["inspect", path]).run();
        run.assert_code(1).assert_stderr_has(what);
        run.assert(run.stdout.is_empty(), "nothing on standard output");
    }
    pghaul!(ingest.work).args(["inspect"]).run().assert_code(2);
}
