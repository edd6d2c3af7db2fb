//! What a dump's data files seem to be: every setting with its evidence.

use super::columns::{self, Table};
use super::dates::Order;
use super::encoding;
use super::inputs::Input;
use super::line::{Line, Said, yaml};
use super::sample::Sample;
use super::shape::{self, Shape};
use super::tally::if_late;
use super::text::SampleText;
use super::types::{self, Descriptors, Undescribed};
use crate::config::LimitsCfg;
use crate::copy::input::charset::Charset;
use crate::ingest::settings::limits::Limits;
use crate::ingest::source::descriptor::{self, SourceColumn};
use crate::report::thousands;
use crate::{Error, Place, Result};

/// The settings of a dump, and the descriptors that it lacks.
#[derive(Debug)]
pub struct Dialect {
    /// The keys beside `match`.
    pub lines: Vec<Line>,
    /// The data files.
    pub tables: Vec<Table>,
    /// The tables without a descriptor, and one for each.
    pub descriptors: Vec<(String, String)>,
    /// What cannot be said by a key.
    pub remarks: Vec<String>,
}

/// Looks at all data files of an input.
///
/// # Errors
/// Data files that are empty, or without rows of several fields.
pub fn of(input: &Input) -> Result<Dialect> {
    let limits = Limits::resolve(&LimitsCfg::default())?;
    let guesses: Vec<(String, Said)> =
        input.samples.iter().map(|sample| (sample.label.clone(), encoding::guess(sample))).collect();
    let encoding = encoding::of_all(&guesses);
    let charset = Charset::for_label(&encoding.value).unwrap_or(Charset::Utf8);
    let mut remarks: Vec<String> = input.samples.iter().filter_map(Sample::unread).collect();
    let mut described: Vec<Option<Vec<SourceColumn>>> = Vec::new();
    let (mut samples, mut texts) = (Vec::new(), Vec::new());
    for sample in &input.samples {
        let parsed = sample.descriptor.as_ref().map(|bytes| descriptor::parse(bytes, charset, &limits));
        let columns = match parsed {
            Some(Err(error)) => {
                remarks.push(format!("DOUBT: the descriptor of {} cannot be read: {error}", sample.label));
                None
            }
            Some(Ok(columns)) => Some(columns),
            None => None,
        };
        let mut text = SampleText::new(sample, charset);
        text.names =
            columns.as_ref().map(|columns| columns.iter().map(|column| column.name.clone()).collect());
        if text.pieces.iter().all(|piece| piece.bytes.is_empty()) {
            remarks.push(format!("{} is empty", sample.label));
        } else {
            texts.push(text);
            samples.push(sample);
            described.push(columns);
        }
    }
    let no_rows = || {
        Error::failed("no separator gives rows that have the same number of fields")
            .at(Place::file(input.path.display().to_string()))
            .remedy("is it a text file of one row per line? its separator can be named with field_separator")
    };
    let shape = shape::guess(&texts, &encoding.value).ok_or_else(no_rows)?;
    let trails = shape.tally.trailing > 0;
    let tables: Vec<Table> = texts
        .iter()
        .zip(&shape.tally.widths)
        .map(|(text, width)| columns::look(text, &shape.format, *width, trails))
        .collect();
    let (order, order_line) = date_order(&tables);
    let mut lines = vec![types::map(input, &described)];
    lines.extend(text_lines(&shape, encoding, &tables));
    lines.extend(order_line);
    let undescribed: Vec<Undescribed<'_>> = samples
        .iter()
        .zip(&texts)
        .zip(&tables)
        .zip(&described)
        .filter(|(_, described)| described.is_none())
        .map(|(((sample, text), table), _)| Undescribed { sample, table, is_whole: text.is_whole() })
        .collect();
    let Descriptors { texts: descriptors, remarks: turns, parts } =
        types::descriptors(&undescribed, input.parts.as_ref(), order);
    remarks.extend(turns);
    lines.extend(parts.map(|parts| said("data_files", &parts.value(), parts.why())));
    Ok(Dialect { lines, tables, descriptors, remarks })
}

fn said(key: &'static str, text: &str, why: impl Into<String>) -> Line {
    Line { key, value: Some(yaml(text)), why: why.into() }
}

fn text_lines(shape: &Shape, encoding: Said, tables: &[Table]) -> Vec<Line> {
    let tally = &shape.tally;
    let count = thousands;
    let or_none = |text: &'static str| if text.is_empty() { "none" } else { text };
    let mut lines = Vec::new();
    if shape.escapes_all && !shape.quote.is_empty() {
        lines.push(said("format", "outfile", "for its escapes, which have a meaning outside quotes, too"));
    }
    lines.push(said("encoding", &encoding.value, encoding.why));
    let widths: Vec<String> = tables.iter().take(5).map(|table| table.columns.len().to_string()).collect();
    let mut why = format!(
        "{} of {} lines and rows have the right number of fields ({}{})",
        count(tally.good),
        count(tally.good + tally.bad),
        widths.join(", "),
        if tables.len() > widths.len() { ", …" } else { "" }
    );
    if let Some((what, spot, label)) = &tally.odd {
        why.push_str(&format!("; DOUBT: the first other one, {spot} of {label}, {what}"));
    }
    if !shape.rivals.is_empty() {
        why.push_str(&format!("; DOUBT: so have they with {}", shape.rivals.join(" or ")));
    }
    lines.push(said("field_separator", shape.separator, why));
    let quote_why = match (shape.quote.is_empty(), tally.quoted) {
        (true, _) => "DOUBT: no quote stands around fields".to_owned(),
        (false, 0) => {
            "DOUBT: no field is quoted; writers of such files quote what holds a separator".to_owned()
        }
        (false, quoted) => {
            let late = if_late(&tally.late.quoted);
            format!("around {} fields{late}; {} fields hold one elsewhere", count(quoted), count(tally.stray))
        }
    };
    lines.push(said("dat_quote", or_none(shape.quote), quote_why));
    let escape_why = match shape.escape.is_empty() {
        true => "no character has to be one for the rows to fit".to_owned(),
        false => format!(
            "{} before special characters, {} before letters of control characters, {} before others{}",
            count(tally.strong_escapes),
            count(tally.weak_escapes),
            count(tally.other_escapes),
            if_late(&tally.late.escape)
        ),
    };
    lines.push(said("escape", or_none(shape.escape), escape_why));
    lines.push(header(tables));
    lines.push(nulls(shape, tables));
    if tally.nuls > 0 {
        lines.push(said(
            "nul",
            "empty",
            format!(
                "{} fields are a NUL byte, as bcp writes empty texts{}",
                count(tally.nuls),
                if_late(&tally.late.nul)
            ),
        ));
    }
    let line_end_why = match shape.line_end {
        "" => "the first line of each data file decides",
        "\n" => "LF; other line ends are characters of a value",
        _ => "CR LF; other line ends are characters of a value",
    };
    lines.push(said(
        "line_end",
        if shape.line_end.is_empty() { "auto" } else { shape.line_end },
        line_end_why,
    ));
    if tally.trailing > 0 {
        let why = format!(
            "all rows of {} of {} data files end with a separator",
            tally.trailing,
            tally.widths.len()
        );
        lines.push(said("trailing_separator", "true", why));
    }
    lines
}

fn header(tables: &[Table]) -> Line {
    // One that is sure counts more than those that are not.
    let sure = tables.iter().find(|table| !table.is_doubtful).or_else(|| tables.first());
    let (has_header, mut why) =
        sure.map_or((true, String::new()), |table| (table.has_header, table.header_why.clone()));
    let other = tables.iter().find(|table| table.has_header != has_header);
    if let Some(other) = other {
        why.push_str(&format!("; DOUBT: but {}", other.header_why));
    }
    said("header", if has_header { "true" } else { "false" }, why)
}

fn nulls(shape: &Shape, tables: &[Table]) -> Line {
    let (markers, why) = columns::null_markers(tables);
    match markers.as_slice() {
        [] => {
            let usual = match (shape.escape.is_empty(), shape.quote, shape.separator) {
                (false, ..) => "\\N",
                (true, "`", _) | (true, _, "|") => "NULL",
                _ => "",
            };
            let why = [why, vec!["DOUBT: no field looks like NULL; this is usual for such files".to_owned()]]
                .concat();
            said("null_pattern", usual, why.join("; "))
        }
        [one] => said("null_pattern", one, why.join("; ")),
        several => {
            let list: Vec<String> = several.iter().map(|marker| yaml(marker)).collect();
            Line { key: "null_pattern", value: Some(format!("[{}]", list.join(", "))), why: why.join("; ") }
        }
    }
}

/// The order of dates, if the values say one, and its line, if there are such dates.
fn date_order(tables: &[Table]) -> (bool, Option<Line>) {
    let columns = tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let dates: Vec<_> = columns.filter(|(_, column)| column.has_local_dates()).collect();
    if dates.is_empty() {
        return (false, None);
    }
    let allowed = |order: &Order| dates.iter().all(|(_, column)| column.orders.allow(*order));
    let left: Vec<Order> = Order::ALL.into_iter().filter(allowed).collect();
    let against = |order: Order| {
        dates.iter().find_map(|(table, column)| column.orders.against(order, &table.label, &column.name))
    };
    let names: Vec<&str> = left.iter().map(|order| order.name()).collect();
    match left.as_slice() {
        [order] => {
            let others = Order::ALL.into_iter().filter(|other| other != order);
            let mut why: Vec<String> = others.filter_map(against).collect();
            why.dedup();
            why.push("0 values could be either".to_owned());
            (true, Some(said("date_order", order.name(), why.join("; "))))
        }
        [] => {
            let against = Order::ALL
                .into_iter()
                .filter_map(|order| Some(format!("{} by {}", order.name(), against(order)?)));
            let why =
                format!("DOUBT: no order fits all dates: not {}", against.collect::<Vec<_>>().join(", not "));
            (false, Some(Line { key: "date_order", value: None, why }))
        }
        _ => {
            let either: u64 = dates.iter().map(|(_, column)| column.orders.could_be(&left)).sum();
            let why = format!(
                "DOUBT: {} values could be either; say {}, without it the month comes first",
                thousands(either),
                names.join(" or ")
            );
            (false, Some(Line { key: "date_order", value: None, why }))
        }
    }
}
