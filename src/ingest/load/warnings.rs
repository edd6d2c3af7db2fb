//! What is said about a unit whose rows are loaded: values that are NULL by a rule, and signs that the data file is written
//! otherwise than the configuration says. Each is said once, with its count and its first line.

use crate::copy::input::format::Quotes;
use crate::copy::notices::{Count, Counts, Notice};
use crate::ingest::plan::unit::{ADJUSTED, Unit};
use crate::report::guard::{GuardReport, GuardStatus};
use crate::report::unit::Adjusted;
use crate::report::{CUT, plural, some_of, thousands};

/// Columns that a warning names.
const NAMED_COLUMNS: usize = 5;

/// What became of values that are not loaded as they are written, in words, with the columns and how many values.
pub fn adjusted_by(unit: &Unit, notices: &Counts) -> Vec<(&'static str, Adjusted)> {
    let how = |notice| match notice {
        Notice::Nulled => "NULL by null_if",
        Notice::Replaced => "NULL by bad: null",
        _ => CUT,
    };
    let all = ADJUSTED.into_iter().map(|notice| (how(notice), unit.noted(notices, &[notice])));
    all.filter(|(_, columns)| !columns.is_empty()).collect()
}

/// The warnings about a unit, without its name.
pub fn of(unit: &Unit, notices: &Counts) -> Vec<String> {
    let mut warnings = Vec::new();
    let absent = &unit.columns.only_described;
    if !absent.is_empty() {
        let columns = some_of(absent, NAMED_COLUMNS);
        warnings.push(format!(
            "the descriptor lists {columns}, which the header lacks: NULL in every row; if the dump should have it, look \
             for the cause in the export"
        ));
    }
    let mut said = Vec::new();
    // The summary says what was cut.
    for ((notice, column), count) in notices.iter().filter(|((notice, _), _)| *notice != Notice::Cut) {
        if !is_of_file(*notice) {
            warnings.push(text(unit, *notice, &[name(unit, *column)], *count));
        } else if !said.contains(notice) {
            said.push(*notice);
            let (columns, count) = in_all_columns(unit, notices, *notice);
            warnings.push(text(unit, *notice, &columns, count));
        }
    }
    warnings
}

/// The warning about a unit that is published though a guard does not pass it.
pub fn of_guard(unit: &Unit, guard: &GuardReport) -> Option<String> {
    let mother = unit.mother.name();
    match guard.status {
        GuardStatus::Passed | GuardStatus::Refused => None,
        GuardStatus::Accepted => {
            Some(format!("published by --accept, against its guard: {}", guard.in_words()))
        }
        GuardStatus::Warned => Some(format!(
            "{}; a guard keeps such a dump out: guard: {{{mother}: {{rows: '{}'}}}}",
            guard.found,
            guard.guard.trim_start_matches("rows ")
        )),
    }
}

/// Whether it is about how the whole file is written, whatever the column.
fn is_of_file(notice: Notice) -> bool {
    match notice {
        Notice::Cut | Notice::Nulled | Notice::Replaced | Notice::OrderAssumed | Notice::BareHexadecimal => {
            false
        }
        Notice::QuoteInside | Notice::Escape | Notice::ControlCharacters | Notice::Utf8 => true,
    }
}

/// The columns with a notice, and how often it was noted in all of them.
fn in_all_columns<'u>(unit: &'u Unit, notices: &Counts, wanted: Notice) -> (Vec<&'u str>, Count) {
    let mut columns = Vec::new();
    let mut sum = Count { values: 0, first_line: u64::MAX };
    for ((_, column), count) in notices.iter().filter(|((notice, _), _)| *notice == wanted) {
        columns.push(name(unit, *column));
        sum.add(*count);
    }
    (columns, sum)
}

fn text(unit: &Unit, notice: Notice, columns: &[&str], count: Count) -> String {
    let Count { values, first_line } = count;
    let many = format!("{} {}", thousands(values), plural(values, "value"));
    let line = unit.source.data.line(first_line);
    let word = plural(columns.len() as u64, "column");
    let (columns, said) = (some_of(columns, NAMED_COLUMNS), said(unit, notice, values == 1));
    format!("{word} {columns}: {many}, first in line {line}, {said}")
}

/// What is so with one value, or with several.
fn said(unit: &Unit, notice: Notice, is_one: bool) -> String {
    let verb = |one: &'static str, many: &'static str| if is_one { one } else { many };
    match notice {
        Notice::Cut => CUT.to_owned(),
        Notice::Replaced => {
            format!("NULL by bad: null, since the column cannot hold {}", if is_one { "it" } else { "them" })
        }
        Notice::Nulled => format!("NULL by null_if of the type map {}", unit.types.name()),
        Notice::OrderAssumed => {
            "read with the month first, as PostgreSQL does; write date_order: mdy, or date_order: dmy \
                                 if the day comes first, beside match and types in xport_cfg.dialects"
                .to_owned()
        }
        Notice::BareHexadecimal => format!(
            "{} only hexadecimal digits, without 0x before them, and the digits themselves are stored as bytes; if they \
             stand for bytes, export them with 0x (SQL Server: CONVERT(varchar(max), …, 1))",
            verb("has", "have")
        ),
        Notice::QuoteInside if unit.format.quotes == Quotes::Copy => format!(
            "{} a quote {} that neither begins nor ends the value and is not doubled: it is left out, and what follows it \
             up to the next one is text, as in COPY; leave out quotes: copy if it is a character of the value",
            verb("holds", "hold"),
            quote(unit)
        ),
        Notice::QuoteInside => format!(
            "{} a quote {} that does not begin the value, and is taken for a character of it; if the values are not quoted, \
             set xport_cfg.dat_quote: none",
            verb("holds", "hold"),
            quote(unit)
        ),
        Notice::Escape => format!(
            "{} a backslash before a quote, which is taken for a character of the value; if it escapes what \
             follows, set xport_cfg.escape: '\\', or format: outfile for MySQL's files",
            verb("has", "have")
        ),
        Notice::ControlCharacters => format!(
            "{} bytes from 0x80 to 0x9F, which are control characters in latin_1; if the file is in the encoding of \
             Windows, set xport_cfg.encoding: windows-1252",
            verb("holds", "hold")
        ),
        Notice::Utf8 => format!(
            "{} valid UTF-8 beyond ASCII, but read as latin_1; if the file is in UTF-8, set xport_cfg.encoding: utf-8",
            verb("is", "are")
        ),
    }
}

fn quote(unit: &Unit) -> char {
    unit.format.quote.map_or(' ', char::from)
}

/// The name of a column of the data file.
fn name(unit: &Unit, column: usize) -> &str {
    unit.columns.copied.get(column).map_or("", |column| &column.name)
}
