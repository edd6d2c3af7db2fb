//! What a format makes of the samples: how many rows have the right number of fields, and what stands in them.

use super::line::Spot;
use super::text::{SampleText, Seen};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::report::plural;
use std::collections::BTreeMap;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows with the right number of fields.
    pub good: u64,
    /// Rows and lines without it.
    pub bad: u64,
    /// The right number of fields in each data file; 0 where it has no rows.
    pub widths: Vec<usize>,
    /// Whether each data file has two columns, or the one that its descriptor lists.
    pub has_columns: bool,
    /// Fields that begin and end with a quote.
    pub quoted: u64,
    /// Fields that hold a quote elsewhere.
    pub stray: u64,
    /// Escapes before what a writer has to escape: itself, `0`, `N`, separators, quotes, line ends.
    pub strong_escapes: u64,
    /// Escapes before letters that stand for control characters.
    pub weak_escapes: u64,
    /// Escapes before anything else, which no writer makes.
    pub other_escapes: u64,
    /// Fields that are `\N`.
    pub whole_nulls: u64,
    /// Rows whose last field ends with a CR.
    pub ends_with_cr: u64,
    /// Fields that are a NUL byte.
    pub nuls: u64,
    /// The first of each that comes late, if none comes before.
    pub late: Late,
    /// The first row or line without the right number of fields: what it is, where, and in which data file.
    pub odd: Option<(String, Spot, String)>,
    /// Data files in which all rows but perhaps the header end with an empty field too many.
    pub trailing: u64,
}

/// Where the first quoted field, escape, and NUL byte is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Late {
    /// A field that begins and ends with a quote.
    pub quoted: Option<(Spot, String)>,
    /// An escape.
    pub escape: Option<(Spot, String)>,
    /// A field that is a NUL byte.
    pub nul: Option<(Spot, String)>,
}

/// For evidence: where the first one is, if it is late.
pub fn if_late(first: &Option<(Spot, String)>) -> String {
    first.as_ref().map_or_else(String::new, |(spot, label)| spot.if_late(label))
}

/// Rows of one data file by their number of fields.
#[derive(Default)]
struct Counts {
    /// How many rows have so many fields, and how many of these end with an empty one.
    rows: BTreeMap<usize, (u64, u64)>,
    first: Option<(usize, bool)>,
    broken: u64,
    /// The first row of each number of fields.
    first_of: BTreeMap<usize, Spot>,
    /// The first line that is no row.
    first_broken: Option<Spot>,
}

impl Tally {
    /// What the format, which has no header, makes of the samples.
    pub fn of(texts: &[SampleText], format: &Format) -> Tally {
        let mut tally = Tally { has_columns: true, ..Tally::default() };
        for text in texts {
            let mut counts = Counts::default();
            let mut header_names = 0;
            text.rows(format, |seen| match seen {
                Seen::Broken(spot, lines) => {
                    counts.broken += lines;
                    counts.first_broken.get_or_insert(spot);
                }
                Seen::Row(spot, bytes, fields) => {
                    let ends_empty = fields.last().is_some_and(|last| last.start == last.end);
                    if counts.first.is_none() {
                        counts.first = Some((fields.len(), ends_empty));
                        header_names = named(bytes, fields, format, text.names.as_deref());
                    }
                    let entry = counts.rows.entry(fields.len()).or_default();
                    entry.0 += 1;
                    entry.1 += u64::from(ends_empty);
                    counts.first_of.entry(fields.len()).or_insert(spot);
                    let place = (spot, text.label.as_str());
                    fields.iter().for_each(|field| tally.field(field.raw(bytes), format, place));
                    let last = fields.last().map(|last| last.raw(bytes)).unwrap_or_default();
                    tally.ends_with_cr += u64::from(last.ends_with(b"\r"));
                }
            });
            let listed = text.names.as_ref().map(Vec::len);
            // A header may list other columns than the descriptor.
            let has_header = listed.is_some_and(|listed| header_names * 2 >= listed.max(1));
            tally.file(&counts, if has_header { None } else { listed }, listed == Some(1), &text.label);
        }
        tally
    }

    fn file(&mut self, counts: &Counts, listed: Option<usize>, may_be_one: bool, label: &str) {
        let Some((first, first_ends_empty)) = counts.first else {
            self.bad += counts.broken;
            self.widths.push(0);
            return;
        };
        let all: u64 = counts.rows.values().map(|(rows, _)| rows).sum();
        let most = counts.rows.iter().max_by_key(|(_, (rows, _))| *rows).map_or(first, |(fields, _)| *fields);
        let ending_empty = counts.rows.get(&most).map_or(0, |(_, empty)| *empty);
        let has_short_header = first + 1 == most && !first_ends_empty;
        let in_most = counts.rows.get(&most).map_or(0, |(rows, _)| *rows);
        let trails = most > 1
            && ending_empty == in_most
            && in_most + u64::from(has_short_header) == all
            && listed.is_none_or(|listed| listed + 1 == most);
        let right = listed.filter(|_| !trails).unwrap_or(most);
        let good =
            counts.rows.get(&right).map_or(0, |(rows, _)| *rows) + u64::from(trails && has_short_header);
        self.trailing += u64::from(trails);
        self.good += good;
        self.bad += all - good + counts.broken;
        let columns = right - usize::from(trails);
        let is_right = |fields: usize| fields == right || (trails && fields == columns);
        let other = counts.first_of.iter().filter(|(fields, _)| !is_right(**fields));
        let other =
            other.map(|(fields, spot)| (format!("has {fields} {}", plural(*fields as u64, "field")), *spot));
        let broken = counts.first_broken.map(|spot| ("is no row".to_owned(), spot));
        let first = other.chain(broken).min_by_key(|(_, spot)| *spot);
        self.odd = self.odd.take().or(first.map(|(what, spot)| (what, spot, label.to_owned())));
        self.widths.push(columns);
        self.has_columns &= columns > 1 || may_be_one;
    }

    fn field(&mut self, raw: &[u8], format: &Format, (spot, label): (Spot, &str)) {
        let place = || (spot, label.to_owned());
        if raw == b"\0" {
            self.nuls += 1;
            self.late.nul.get_or_insert_with(place);
        }
        if let Some(quote) = format.quote {
            let is_quoted = raw.len() > 1 && raw.first() == Some(&quote) && raw.last() == Some(&quote);
            if is_quoted {
                self.quoted += 1;
                self.late.quoted.get_or_insert_with(place);
            }
            self.stray += u64::from(!is_quoted && raw.contains(&quote));
        }
        let Some(escape) = format.escape.map(|escape| escape.byte) else { return };
        if raw == [escape, b'N'] {
            self.whole_nulls += 1;
            self.late.escape.get_or_insert_with(place);
            return;
        }
        let mut at = 0;
        while let Some(found) = memchr::memchr(escape, &raw[at..]) {
            let next = raw.get(at + found + 1).copied();
            self.late.escape.get_or_insert_with(place);
            at = (at + found + 2).min(raw.len());
            match next {
                Some(byte) if byte == escape || b"0\n\r'\"".contains(&byte) => self.strong_escapes += 1,
                Some(byte) if byte == format.separator.first() || Some(byte) == format.quote => {
                    self.strong_escapes += 1
                }
                Some(b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'Z') => self.weak_escapes += 1,
                _ => self.other_escapes += 1,
            }
        }
    }

    /// Whether backslashes look like escapes, and not like those of paths.
    pub fn escapes_are_likely(&self) -> bool {
        let is_written_so = self.other_escapes == 0 && (self.weak_escapes == 0 || self.whole_nulls > 0);
        is_written_so && self.strong_escapes + self.weak_escapes + self.whole_nulls > 0
    }

    /// Whether as many rows have the right number of fields, of which there are at least two.
    pub fn is_as_good_as(&self, other: &Tally) -> bool {
        self.has_columns && self.bad <= other.bad && self.good >= other.good
    }
}

/// How many fields of a first row are names of the descriptor.
pub fn named(bytes: &[u8], fields: &[FieldSpan], format: &Format, names: Option<&[String]>) -> usize {
    let Some(names) = names else { return 0 };
    let mut scratch = Vec::new();
    let is_named = |field: &&FieldSpan| {
        let value = field.value(bytes, format, &mut scratch);
        let text = format.charset.decode(value).unwrap_or_default().trim().to_lowercase();
        names.iter().any(|name| name.to_lowercase() == text)
    };
    fields.iter().filter(is_named).count()
}
