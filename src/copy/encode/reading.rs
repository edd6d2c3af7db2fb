//! What to say about values of which the server, and not an encoder, has decided: they may mean something else.

use super::column::CopyColumn;
use super::rules::null_if::{NullIf, ZERO_DATES};
use super::signs;
use super::types::styles;
use super::value::has_days;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::notices::Notice;
use crate::error::Hint;

/// What to note about a field of an unusual form, or one that is not ASCII.
pub fn sign(
    batch: &[u8],
    field: &FieldSpan,
    is_usual: bool,
    is_text: bool,
    format: &Format,
) -> Option<Notice> {
    let raw = field.raw(batch);
    let of_quotes = || if is_usual { None } else { signs::of_quotes(raw, format) };
    let of_text = || if is_text && !field.plain { signs::of_text(raw, format.charset) } else { None };
    of_quotes().filter(|notice| !(is_text && *notice == Notice::Escape)).or_else(of_text)
}

/// What to note about a value that the server reads.
pub fn notice(type_name: &str, value: &[u8], format: &Format) -> Option<Notice> {
    if type_name == "bytea" {
        return signs::is_bare_hexadecimal(value).then_some(Notice::BareHexadecimal);
    }
    let is_assumed = format.date_order.is_none() && styles::has_two_orders(value) && has_days(type_name);
    is_assumed.then_some(Notice::OrderAssumed)
}

/// What may help where a value of a column was refused.
pub fn hint(column: &CopyColumn, value: &[u8], format: &Format) -> Option<Hint> {
    if !has_days(&column.type_name) || column.null_if.matches(value, format.charset) {
        return None;
    }
    if NullIf::parse(ZERO_DATES).is_ok_and(|zero| zero.matches(value, format.charset)) {
        return Some(Hint::ZeroDate);
    }
    styles::only_order(value)
        .filter(|order| format.date_order != Some(*order))
        .map(|order| Hint::DateOrder(order.name()))
}
