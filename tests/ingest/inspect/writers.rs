//! Ways to write a data file.

use super::Row;

/// A way to write a data file.
pub struct Writer {
    pub name: &'static str,
    pub separator: &'static str,
    pub header: bool,
    pub line_end: &'static str,
    pub null: &'static str,
    pub text: fn(&str) -> String,
    pub date: fn(&str) -> String,
    pub bytes: fn(&str) -> Vec<u8>,
    /// Lines of the configuration, in this order.
    pub says: &'static [&'static str],
}

impl Writer {
    pub fn write(&self, rows: &[Row<'_>]) -> Vec<u8> {
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

pub const PLAIN: Writer = Writer {
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

pub const WRITERS: [(Writer, &[Option<&str>]); 10] = [
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
