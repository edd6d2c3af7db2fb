//! The columns of a data file: whether its first line names them, their values, and the texts among them that may mean NULL.

use super::dates::{Orders, Written};
use super::kinds::{Kind, Kinds};
use super::line::{Spot, quoted};
use super::tally::named;
use super::text::{SampleText, Seen};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::report::thousands;
use std::collections::BTreeMap;

/// Texts that programs write for NULL and that hardly are values.
const MARKERS: [&str; 5] = ["\\N", "NULL", "null", "(null)", "<null>"];
/// Texts that may be values; they count as NULL only among numbers, dates and the like.
const WEAK_MARKERS: [&str; 7] = ["NA", "N/A", "n/a", "#N/A", "-", "?", "None"];

/// A column.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its name: as the header or the descriptor has it, or else `column_1`.
    pub name: String,
    /// What its values are, without those that may mean NULL.
    pub kinds: Kinds,
    /// How often each text stands there that may mean NULL, and where first.
    pub markers: BTreeMap<&'static str, (u64, Spot)>,
    /// What its dates say about the order of their numbers.
    pub orders: Orders,
    /// What it was, and the first value behind the beginning that is not so.
    pub turned: Option<(Kind, String, Spot)>,
    /// Quoted fields that are empty.
    pub quoted_empty: u64,
}

/// A data file.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name of the data file.
    pub label: String,
    /// Whether the first line names the columns.
    pub has_header: bool,
    /// Why.
    pub header_why: String,
    /// Whether that is a guess.
    pub is_doubtful: bool,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Rows seen, without the header.
    pub rows: u64,
}

/// A value and whether it stood in quotes.
struct Value {
    text: String,
    is_quoted: bool,
}

/// Looks at all rows of a sample. `format` has no header.
pub fn look(text: &SampleText, format: &Format, count: usize, trails: bool) -> Table {
    let mut first: Option<Vec<Value>> = None;
    let mut first_named = 0;
    let mut columns = vec![Column::default(); count];
    let mut rows = 0;
    text.rows(format, |seen| {
        let Seen::Row(spot, bytes, fields) = seen else { return };
        let fields = match fields.split_last() {
            Some((last, before)) if trails && last.start == last.end && before.len() == count => before,
            _ => fields,
        };
        if fields.len() != count && first.is_some() {
            return;
        }
        let values = fields.iter().map(|field| value(bytes, field, format));
        if first.is_none() {
            first_named = named(bytes, fields, format, text.names.as_deref());
            first = Some(values.collect());
            return;
        }
        rows += 1;
        columns.iter_mut().zip(values).for_each(|(column, value)| column.see(&value, spot));
    });
    let first = first.unwrap_or_default();
    let (has_header, header_why, is_doubtful) = header(text, &first, first_named, &columns, rows);
    if !has_header && first.len() == count {
        rows += 1;
        columns.iter_mut().zip(&first).for_each(|(column, value)| column.see(value, Spot::Line(1)));
    }
    for (number, column) in columns.iter_mut().enumerate() {
        column.name = match (has_header, &text.names) {
            (true, _) => first.get(number).map(|value| value.text.trim().to_owned()).unwrap_or_default(),
            (false, Some(names)) => names.get(number).cloned().unwrap_or_default(),
            (false, None) => format!("column_{}", number + 1),
        };
    }
    Table { label: text.label.clone(), has_header, header_why, is_doubtful, columns, rows }
}

fn value(bytes: &[u8], field: &FieldSpan, format: &Format) -> Value {
    let mut scratch = Vec::new();
    let raw = field.raw(bytes);
    let is_quoted = format.quote.is_some() && raw.first().copied() == format.quote;
    // `\N` is a marker as it is written.
    let value = if raw == b"\\N" { raw } else { field.value(bytes, format, &mut scratch) };
    let text = format.charset.decode(value).map(|text| text.into_owned());
    Value { text: text.unwrap_or_else(|| String::from_utf8_lossy(value).into_owned()), is_quoted }
}

/// Whether the first line names the columns, why, and whether that is a guess.
fn header(
    text: &SampleText,
    first: &[Value],
    named: usize,
    columns: &[Column],
    rows: u64,
) -> (bool, String, bool) {
    let label = &text.label;
    if let Some(names) = &text.names {
        let listed = names.len();
        return match named * 2 >= listed.max(1) && named > 0 {
            true => (
                true,
                format!("{label}: the first line has {named} of the {listed} names of the descriptor"),
                false,
            ),
            false => (
                false,
                format!("{label}: the first line has {named} of the {listed} names of the descriptor"),
                false,
            ),
        };
    }
    let mut seen = Kinds::default();
    let is_name = |value: &Value| {
        let text = value.text.trim();
        seen = Kinds::default();
        seen.see(text);
        seen.narrowest().is_none() && !text.is_empty() && text.len() < 64 && !MARKERS.contains(&text)
    };
    let distinct =
        first.iter().enumerate().all(|(n, value)| first[..n].iter().all(|other| other.text != value.text));
    if !distinct || !first.iter().all(is_name) {
        return (false, format!("{label}: the first line holds values, not names"), false);
    }
    let typed = columns.iter().filter(|column| column.kinds.narrowest().is_some()).count();
    if typed > 0 {
        let why = format!(
            "{label}: the first line holds only names, and {typed} of {} columns below have another type",
            columns.len()
        );
        return (true, why, false);
    }
    let is_word = |value: &Value| value.text.chars().all(|c| c.is_alphanumeric() || "_ .-#".contains(c));
    let is_header = first.iter().all(is_word);
    let what = if is_header { "could be names" } else { "are hardly names" };
    (
        is_header,
        format!(
            "DOUBT: {label}: no descriptor, {rows} more rows of text only, and the texts of the first line {what}"
        ),
        true,
    )
}

impl Column {
    fn see(&mut self, value: &Value, spot: Spot) {
        let Value { text, is_quoted } = value;
        if *is_quoted {
            self.quoted_empty += u64::from(text.is_empty());
        } else if let Some(marker) =
            [""].iter().chain(&MARKERS).chain(&WEAK_MARKERS).find(|marker| *marker == text)
        {
            self.markers.entry(marker).or_insert((0, spot)).0 += 1;
            return;
        }
        let before = self.kinds.narrowest();
        self.kinds.see(text);
        if let Some(before) = before
            && spot.is_late()
            && self.turned.is_none()
            && self.kinds.narrowest() != Some(before)
        {
            self.turned = Some((before, text.clone(), spot));
        }
        if let Some(written) = Written::parse(text) {
            self.orders.see(&written, text, spot);
        }
    }

    /// Why its type is not the one of its values in the beginning, if a late value is the reason.
    pub fn turn(&self, label: &str) -> Option<String> {
        let (before, value, spot) = self.turned.as_ref()?;
        Some(format!(
            "column {} of {label} would be {} without {} {spot}",
            quoted(&self.name),
            before.type_name(),
            quoted(value)
        ))
    }

    /// Takes in what was seen of the same column in another part.
    pub fn join(&mut self, other: &Column) {
        self.kinds.join(&other.kinds);
    }

    /// Whether all values are dates whose order is not said by themselves.
    pub fn has_local_dates(&self) -> bool {
        self.kinds.narrowest().is_some_and(Kind::needs_order)
    }
}

/// The texts that mean NULL in these data files, with why.
pub fn null_markers(tables: &[Table]) -> (Vec<&'static str>, Vec<String>) {
    let columns = || tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let count = |marker: &str| {
        columns().filter_map(|(_, column)| column.markers.get(marker)).map(|(count, _)| count).sum::<u64>()
    };
    // Where the first one is, if no data file has one in its beginning.
    let late = |marker: &str| {
        let places =
            columns().filter_map(|(table, column)| Some((column.markers.get(marker)?.1, &table.label)));
        places.min_by_key(|(spot, _)| *spot).map_or_else(String::new, |(spot, label)| spot.if_late(label))
    };
    // A text among values of another type can be nothing but NULL.
    let typed = |marker: &str| {
        columns()
            .find(|(_, column)| column.markers.contains_key(marker) && column.kinds.narrowest().is_some())
    };
    let (mut nulls, mut why) = (Vec::new(), Vec::new());
    let seen: Vec<&str> = MARKERS.into_iter().filter(|marker| count(marker) > 0).collect();
    let is_any_typed = seen.iter().any(|marker| typed(marker).is_some());
    for (number, marker) in seen.into_iter().enumerate() {
        let what = format!("{} unquoted fields are {marker}{}", thousands(count(marker)), late(marker));
        if typed(marker).is_some() || (!is_any_typed && number == 0) {
            why.push(what);
            nulls.push(marker);
        } else {
            why.push(format!("DOUBT: {what}, all in columns of text, and stay texts"));
        }
    }
    for marker in WEAK_MARKERS {
        if let Some((table, column)) = typed(marker) {
            why.push(format!(
                "DOUBT: {marker} stands among values of another type in {}, column {:?}{}; it would be NULL in all columns",
                table.label, column.name, late(marker)
            ));
            nulls.push(marker);
        }
    }
    let (empty, quoted) = (count(""), columns().map(|(_, column)| column.quoted_empty).sum::<u64>());
    match typed("") {
        _ if empty == 0 => {}
        Some((table, column)) => {
            why.push(format!(
                "{empty} fields are empty, also among values of no text in {}, column {:?}{}",
                table.label,
                column.name,
                late("")
            ));
            nulls.push("");
        }
        None if nulls.is_empty() => {
            let other = match quoted {
                0 => "DOUBT: they stand in columns of text only and may be empty texts".to_owned(),
                quoted => format!("{quoted} are quoted and so empty texts"),
            };
            why.push(format!("{empty} fields are empty; {other}"));
            nulls.push("");
        }
        None => why.push(format!("{empty} empty fields, all in columns of text, are empty texts")),
    }
    (nulls, why)
}
