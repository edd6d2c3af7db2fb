//! Rows of one table as COPY takes them, or as a data file has them.

use super::plan::Plan;
use super::source::Table;
use crate::copy::encode::binary::{begin_row, push_null};
use crate::copy::encode::types::Pushed;
use crate::copy::encode::{CopyColumn, RowFormat, ValueEncoder, escape};
use crate::copy::input::charset::Charset;
use crate::{Error, Place, Result};
use std::ops::Range;

/// Writes the rows of one table.
#[derive(Debug)]
pub struct Writer<'p> {
    plan: &'p Plan,
    table: usize,
    name: &'p str,
    /// The positions of the columns that are written.
    at: Vec<usize>,
    /// The columns that are written.
    pub columns: Vec<CopyColumn>,
    /// An encoder for each column, where each has one.
    encoders: Option<Vec<ValueEncoder>>,
}

/// What stands between and around the fields of data files; the defaults of `xport_cfg`.
const SEPARATOR: u8 = b'|';
const QUOTE: u8 = b'`';
const NULL: &[u8] = b"NULL";

impl<'p> Writer<'p> {
    /// A writer for the rows of table number `table`.
    pub fn new(plan: &'p Plan, tables: &'p [Table], table: usize) -> Writer<'p> {
        let planned = &plan.tables[table];
        let at: Vec<usize> = (0..planned.columns.len()).filter(|at| planned.columns[*at].is_some()).collect();
        let columns = at.iter().map(|at| {
            let column = &tables[table].columns[*at];
            CopyColumn::new(&column.name, &column.type_name)
        });
        let columns: Vec<CopyColumn> = columns.collect();
        let encoders = columns.iter().map(|column| ValueEncoder::for_type(&column.type_name)).collect();
        Writer { plan, table, name: tables[table].name.name(), at, columns, encoders }
    }

    /// The numbers of the rows; `most` for at most so many.
    pub fn records(&self, most: u64) -> Range<u64> {
        self.plan.tables[self.table].records(most)
    }

    /// The form in which the rows are sent.
    pub fn format(&self) -> RowFormat {
        match self.encoders {
            Some(_) => RowFormat::Binary,
            None => RowFormat::Text,
        }
    }

    /// Appends rows for COPY.
    ///
    /// # Errors
    /// A value that an encoder does not take, of which there is none.
    pub fn push(&self, records: Range<u64>, out: &mut Vec<u8>) -> Result<()> {
        match &self.encoders {
            Some(encoders) => self.push_binary(records, encoders, out),
            None => self.push_text(records, out),
        }
    }

    fn push_binary(&self, records: Range<u64>, encoders: &[ValueEncoder], out: &mut Vec<u8>) -> Result<()> {
        let mut text = Vec::new();
        for row in records {
            // A table has 1600 columns at most.
            begin_row(out, self.at.len() as i16);
            for (number, at) in self.at.iter().enumerate() {
                text.clear();
                if !self.plan.push(&mut text, self.table, *at, row) {
                    push_null(out);
                    continue;
                }
                let pushed = encoders[number].push(out, &text, Charset::Utf8);
                if !matches!(pushed, Ok(Pushed::AsWritten)) {
                    return Err(self.unknown(number, &text));
                }
            }
        }
        Ok(())
    }

    fn push_text(&self, records: Range<u64>, out: &mut Vec<u8>) -> Result<()> {
        let mut text = Vec::new();
        for row in records {
            for (number, at) in self.at.iter().enumerate() {
                if number > 0 {
                    out.push(b'\t');
                }
                text.clear();
                match self.plan.push(&mut text, self.table, *at, row) {
                    true => {
                        escape::push(out, &text, Charset::Utf8).map_err(|_| self.unknown(number, &text))?
                    }
                    false => out.extend_from_slice(b"\\N"),
                }
            }
            out.push(b'\n');
        }
        Ok(())
    }

    /// Appends rows as a data file has them.
    pub fn push_data(&self, records: Range<u64>, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        for row in records {
            for (number, at) in self.at.iter().enumerate() {
                if number > 0 {
                    out.push(SEPARATOR);
                }
                text.clear();
                match self.plan.push(&mut text, self.table, *at, row) {
                    true => push_field(out, &text),
                    false => out.extend_from_slice(NULL),
                }
            }
            out.push(b'\n');
        }
    }

    /// The first line of a data file.
    pub fn header(&self) -> Vec<u8> {
        let mut line = Vec::new();
        for (number, column) in self.columns.iter().enumerate() {
            if number > 0 {
                line.push(SEPARATOR);
            }
            push_field(&mut line, column.name.as_bytes());
        }
        line.push(b'\n');
        line
    }

    fn unknown(&self, number: usize, value: &[u8]) -> Error {
        let column = &self.columns[number];
        let place = Place { column: Some(column.name.clone()), ..Place::table(self.name) };
        let value = String::from_utf8_lossy(value);
        Error::failed(format!("the value {value:?} cannot be sent as {}", column.type_name)).at(place)
    }
}

fn push_field(out: &mut Vec<u8>, text: &[u8]) {
    let is_special = |byte: &u8| matches!(*byte, SEPARATOR | QUOTE | b'\r' | b'\n');
    // NULL is only without quotes, and so is nothing at all.
    if !text.is_empty() && text != NULL && !text.iter().any(is_special) {
        return out.extend_from_slice(text);
    }
    out.push(QUOTE);
    for byte in text {
        if *byte == QUOTE {
            out.push(QUOTE);
        }
        out.push(*byte);
    }
    out.push(QUOTE);
}
