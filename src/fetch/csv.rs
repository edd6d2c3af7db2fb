//! Comma-separated values with a header, as objects: files of requests, and responses.

use crate::copy::input::batch::{Batch, BatchReader, BatchSource};
use crate::copy::input::charset::Charset;
use crate::copy::input::format::Format;
use crate::copy::input::header::read_header;
use crate::copy::input::rows::Rows;
use crate::copy::input::token::Token;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use jaq_json::{Map, Val};
use std::io::Read;

/// The most columns.
const MAX_COLUMNS: usize = 1600;

/// Gives each row to `each`, as an object of texts by the names of the header, with the row's place; until `each` gives false.
/// An empty field is null unless it is in quotes.
///
/// # Errors
/// What the input reports; a row that is none, with its line; what `each` reports.
pub fn read(mut input: impl Read, each: &mut dyn FnMut(Val, Place) -> Result<bool>) -> Result<()> {
    let format = Format {
        separator: Token::byte(b','),
        quote: Some(b'"'),
        null: Vec::new(),
        charset: Charset::Utf8,
        ..Format::default()
    };
    let (header, rest) = read_header(&mut input, &format, MAX_COLUMNS)?;
    let mut reader = BatchReader::new(input, rest, &format, header.line_end, header.data_origin);
    let (mut batch, mut fields, mut scratch) = (Batch::new(), Vec::new(), Vec::new());
    while reader.next_into(&mut batch)? {
        let mut rows = Rows::new(&batch, &format, header.line_end);
        loop {
            interrupt::check()?;
            let row = rows.next_row(&mut fields).map_err(|fault| {
                Error::failed(format!("row {}", fault.what)).at(Place::default().line(fault.origin.line))
            })?;
            let Some(origin) = row else { break };
            let place = Place::default().line(origin.line);
            let (found, expected) = (fields.len(), header.columns.len());
            if found != expected {
                let what = match found {
                    1 => format!("row has 1 field, the header names {expected}"),
                    _ => format!("row has {found} fields, the header names {expected}"),
                };
                return Err(Error::failed(what).at(place));
            }
            let mut object = Map::default();
            for (name, field) in header.columns.iter().zip(&fields) {
                let value = match field.is_null(&batch.bytes, &format) {
                    true => Val::Null,
                    false => Val::utf8_str(field.value(&batch.bytes, &format, &mut scratch).to_vec()),
                };
                object.insert(Val::utf8_str(name.clone()), value);
            }
            if !each(Val::obj(object), place)? {
                return Ok(());
            }
        }
    }
    Ok(())
}
