//! Separator, quote, escape and line end: all combinations are tried on the sample, by the rules by which it would be loaded.

use super::tally::Tally;
use super::text::SampleText;
use crate::copy::input::charset::Charset;
use crate::copy::input::format::{Format, Spelling};
use std::collections::BTreeSet;

/// Separators that are tried; the first one counts where several fit as well.
const SEPARATORS: [&str; 13] =
    ["|~|", "|#|", "||", "~|~", "|", "\t", ";", ",", "\u{1}", "\u{1f}", "^", "~", "\u{a6}"];
/// Quotes that are tried.
const QUOTES: [&str; 4] = ["", "\"", "`", "'"];
/// Bytes of all data files on which all combinations are tried.
const TRIED_BYTES: usize = 512 << 10;
/// The least of each.
const LEAST_TRIED_BYTES: usize = 16 << 10;

/// How the data files of a dump seem to be written.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Between fields.
    pub separator: &'static str,
    /// Around fields; empty for none.
    pub quote: &'static str,
    /// The escape; empty for none.
    pub escape: &'static str,
    /// Whether the escape is MySQL's, with quotes too.
    pub escapes_all: bool,
    /// The line end; empty where the first line decides.
    pub line_end: &'static str,
    /// The same for the reader of rows, without a header line.
    pub format: Format,
    /// What was seen with it.
    pub tally: Tally,
    /// Other separators that fit as many rows.
    pub rivals: Vec<String>,
}

/// The best combination; nothing where no row has two fields and no descriptor says that there is one column.
pub fn guess(texts: &[SampleText], encoding: &str) -> Option<Shape> {
    let charset = Charset::for_label(encoding)?;
    let most = (TRIED_BYTES / texts.len().max(1)).max(LEAST_TRIED_BYTES);
    let short: Vec<SampleText> = texts.iter().map(|text| text.less(most)).collect();
    let mut tried = tried(&short, encoding, charset, &SEPARATORS);
    let mut best = best_of(&tried)?;
    if best.tally.good == 0 || !best.tally.has_columns {
        return None;
    }
    // What the rest holds may be the first row that needs quotes or escapes.
    best.tally = Tally::of(texts, &best.format);
    if best.tally.bad > 0 || signs(texts, charset) != signs(&short, charset) {
        tried = self::tried(texts, encoding, charset, &[best.separator]);
        best = best_of(&tried)?;
    }
    let other = |shape: &&Shape| shape.separator != best.separator && shape.tally.is_as_good_as(&best.tally);
    let rivals: BTreeSet<String> =
        tried.iter().filter(other).map(|shape| format!("{:?}", shape.separator)).collect();
    best.rivals = rivals.into_iter().collect();
    // A CSV writer quotes where it must; the sample may hold no such value.
    if best.quote.is_empty()
        && best.escape.is_empty()
        && matches!(best.separator, "," | ";")
        && best.line_end.is_empty()
    {
        let quoted = Spelling { separator: best.separator, quote: "\"", encoding, ..Spelling::default() };
        if let Some(format) = format_of(quoted) {
            (best.format, best.quote) = (format, "\"");
        }
    }
    best.tally = Tally::of(texts, &best.format);
    Some(best)
}

/// Which quotes and escapes the samples hold.
fn signs(texts: &[SampleText], charset: Charset) -> Vec<bool> {
    QUOTES.iter().chain(&["\\"]).map(|sign| holds(texts, sign, charset)).collect()
}

fn holds(texts: &[SampleText], text: &str, charset: Charset) -> bool {
    charset.encode(text).is_some_and(|bytes| texts.iter().any(|text| text.holds(&bytes)))
}

/// All combinations of what the samples hold, with these separators, and what was seen with each.
fn tried(texts: &[SampleText], encoding: &str, charset: Charset, separators: &[&'static str]) -> Vec<Shape> {
    let mut tried = candidates(texts, encoding, charset, separators);
    for shape in &mut tried {
        shape.tally = Tally::of(texts, &shape.format);
    }
    tried
}

fn best_of(tried: &[Shape]) -> Option<Shape> {
    let best =
        tried.iter().enumerate().max_by_key(|(number, shape)| (rank(shape), std::cmp::Reverse(*number)));
    best.map(|(_, shape)| shape.clone())
}

/// All combinations of what the samples hold, with these separators.
fn candidates(
    texts: &[SampleText],
    encoding: &str,
    charset: Charset,
    separators: &[&'static str],
) -> Vec<Shape> {
    let holds = |text: &str| holds(texts, text, charset);
    let one_column = texts.iter().any(|text| text.names.as_ref().is_some_and(|names| names.len() == 1));
    let mut separators: Vec<&str> = separators.iter().copied().filter(|separator| holds(separator)).collect();
    if separators.is_empty() || one_column {
        separators.push("|");
    }
    let mut found = Vec::new();
    for separator in separators {
        for quote in QUOTES.into_iter().filter(|quote| quote.is_empty() || holds(quote)) {
            for (escape, escapes_all) in [("", false), ("\\", false), ("\\", true)] {
                // Without a quote, the escape is MySQL's anyway.
                if !escape.is_empty() && (!holds("\\") || (quote.is_empty() && escapes_all)) {
                    continue;
                }
                for line_end in ["", "\n", "\r\n"].into_iter().filter(|end| end.is_empty() || holds(end)) {
                    let spelling = Spelling {
                        separator,
                        quote,
                        escape,
                        escapes_all,
                        encoding,
                        line_end,
                        ..Spelling::default()
                    };
                    let Some(format) = format_of(spelling) else { continue };
                    found.push(Shape {
                        separator,
                        quote,
                        escape,
                        escapes_all,
                        line_end,
                        format,
                        tally: Tally::default(),
                        rivals: Vec::new(),
                    });
                }
            }
        }
    }
    found
}

/// The format for samples, which are read from their first line on; `None` for a combination that cannot be.
fn format_of(spelling: Spelling<'_>) -> Option<Format> {
    let format = Spelling { nulls: vec![""], ..spelling }.format().ok()?;
    Some(Format { has_header: false, ..format })
}

/// What makes a combination better than another, the weightiest first.
fn rank(shape: &Shape) -> (bool, u64, i64, i64, i64, usize) {
    let tally = &shape.tally;
    let permille = tally.good * 1000 / (tally.good + tally.bad).max(1);
    let quotes = match shape.quote.is_empty() {
        true => 1,
        false if tally.quoted > tally.stray => 2,
        false => 0,
    };
    let escapes = match (shape.escape.is_empty(), tally.escapes_are_likely()) {
        (true, _) => 1,
        (false, true) if shape.escapes_all == (tally.whole_nulls > 0) || shape.quote.is_empty() => 3,
        (false, true) => 2,
        (false, false) => 0,
    };
    // With quotes the first line decides; without them nothing else tells a line end from one in a value.
    let line_end = match (shape.line_end, shape.quote.is_empty()) {
        ("\n", _) if tally.ends_with_cr > 0 => -1,
        (line_end, no_quote) => i64::from(line_end.is_empty() != no_quote),
    };
    let columns = tally.widths.iter().sum();
    (tally.has_columns && permille >= 500, permille, quotes, escapes, line_end, columns)
}
