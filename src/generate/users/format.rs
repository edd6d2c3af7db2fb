//! The text forms of users: the beginning, the records and the end of a file.

use super::record::User;
use super::{csv, json};

/// A text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON array.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// CSV with a header line, which belongs to record 0; nested fields are columns of their own.
    Csv,
}

/// The end of the array, with the last record's line end.
const JSON_END: &str = "\n]\n";

impl Format {
    /// The text before record `start`, the first one of a file.
    pub fn beginning(self, start: u64) -> &'static str {
        match self {
            Format::Json => "[",
            Format::Csv if start == 0 => csv::HEADER,
            Format::Ndjson | Format::Csv => "",
        }
    }

    /// Appends a record; `first` if it is the first of the file.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, user: &User, first: bool) {
        match self {
            Format::Json => {
                out.extend_from_slice(if first { b"\n" } else { b",\n" });
                json::push(out, user);
            }
            Format::Ndjson => {
                json::push(out, user);
                out.push(b'\n');
            }
            Format::Csv => csv::push(out, user),
        }
    }

    /// The text after the last record. It is written again when a file is continued.
    pub fn end(self) -> &'static str {
        match self {
            Format::Json => JSON_END,
            Format::Ndjson | Format::Csv => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Users;
    use super::*;
    use serde_json::Value;

    fn text(format: Format, records: std::ops::Range<u64>) -> String {
        let mut out = format.beginning(records.start).as_bytes().to_vec();
        for index in records.clone() {
            format.push(&mut out, &Users::new(1, false).user(index), index == records.start);
        }
        out.extend_from_slice(format.end().as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_array_is_json_however_many_records_it_has() {
        for count in [0, 1, 4, 5000] {
            let array: Vec<Value> = serde_json::from_str(&text(Format::Json, 0..count)).unwrap();
            assert_eq!(array.len() as u64, count);
        }
    }

    #[test]
    fn all_forms_hold_the_same_records() {
        let array: Vec<Value> = serde_json::from_str(&text(Format::Json, 0..100)).unwrap();
        let lines = text(Format::Ndjson, 0..100);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(array, lines);

        let csv = text(Format::Csv, 0..100);
        let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = rows.next().unwrap();
        for (row, record) in rows.zip(&array) {
            assert_eq!(row.len(), header.len());
            for (column, value) in header.iter().zip(&row) {
                let nested = column.split_once('_').filter(|(part, _)| record[*part].is_object());
                let expected = match nested {
                    Some((part, "uuid")) => &record[part]["UUID"],
                    Some((part, field)) => &record[part][field],
                    None => &record[*column],
                };
                let expected = expected.as_str().map_or(expected.to_string(), str::to_owned);
                assert_eq!(*value, expected, "{column}");
            }
        }
        assert_eq!(csv.lines().count(), 101);
    }

    #[test]
    fn parts_are_what_the_whole_is_cut_into() {
        for format in [Format::Ndjson, Format::Csv] {
            assert_eq!(text(format, 0..50) + &text(format, 50..102), text(format, 0..102));
        }
        let [first, second, whole] = [0..50, 50..102, 0..102].map(|records| text(Format::Json, records));
        assert_eq!(first.replace(JSON_END, ",") + &second[1..], whole);
    }
}
