//! The data file of a table: one member of the dump, or several that are its parts.
//!
//! The rows of the parts follow one another in their order, and each part begins with a header line of its own, if the format has one.
//! Places in them are those of [`part`].

use super::member::{Member, MemberReader};
use crate::copy::input::batch::{Batch, BatchReader, BatchSource};
use crate::copy::input::charset::CharsetReader;
use crate::copy::input::format::Format;
use crate::copy::input::header::{Header, read_header};
use crate::copy::input::part::{self, MAX_PART_BYTES, MAX_PARTS};
use crate::ingest::advice;
use crate::ingest::settings::limits::Limits;
use crate::report::plural;
use crate::{Error, Place, Result};
use serde_json::Value;

/// The member or members of a data file.
#[derive(Debug)]
pub struct DataFile {
    first: Member,
    /// The other parts, in their order.
    further: Vec<Member>,
}

impl DataFile {
    /// A data file that is one member.
    pub fn new(member: Member) -> DataFile {
        DataFile { first: member, further: Vec::new() }
    }

    /// Adds the next part.
    ///
    /// # Errors
    /// More parts than there may be.
    pub fn push(&mut self, member: Member) -> Result<()> {
        if self.parts() == MAX_PARTS {
            return Err(Error::refused(format!("the data file has more than {MAX_PARTS} parts"))
                .remedy("join some of them"));
        }
        self.further.push(member);
        Ok(())
    }

    /// How many parts it has; 1 where it is one member.
    pub fn parts(&self) -> usize {
        1 + self.further.len()
    }

    /// Its member's name; of several, the first one's and their number.
    pub fn name(&self) -> String {
        let more = self.further.len() as u64;
        match more {
            0 => self.first.name.clone(),
            _ => format!("{} and {more} more {}", self.first.name, plural(more, "part")),
        }
    }

    /// The names of all members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members().map(|member| member.name.as_str())
    }

    /// The size of all members as they will be read, bytes.
    pub fn bytes(&self) -> u64 {
        self.members().map(|member| member.bytes).sum()
    }

    /// Whether the dump is encrypted, or any of the members.
    pub fn is_encrypted(&self) -> bool {
        self.members().any(Member::is_encrypted)
    }

    /// What tells its bytes from others; a list where it has several parts.
    pub fn fingerprint(&self) -> Value {
        match self.further.is_empty() {
            true => self.first.fingerprint(),
            false => self.members().map(Member::fingerprint).collect(),
        }
    }

    /// Opens a part as it is in the dump, counted from 0.
    ///
    /// # Errors
    /// A dump that is gone or changed.
    pub fn open_original(&self, number: usize) -> Result<MemberReader> {
        self.member(number)?.open()
    }

    /// The header that all parts have, and how many bytes stand before the rows of all of them.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged; a part without a header line, or with another one than the first part's; parts that are
    /// too large.
    pub fn header(&self, format: &Format, limits: &Limits) -> Result<(Header, u64)> {
        let (mut header, mut bytes) = (begin(&self.first, format, limits)?, 0);
        bytes += header.data_origin.offset;
        for member in &self.further {
            if member.bytes.max(self.first.bytes) > MAX_PART_BYTES {
                return Err(Error::refused(format!("a part has more than {MAX_PART_BYTES} bytes"))
                    .at(place(member))
                    .remedy("split it"));
            }
            let other = begin(member, format, limits)?;
            bytes += other.data_origin.offset;
            self.join(&mut header, &other).map_err(|error| error.at(place(member)))?;
        }
        Ok((header, bytes))
    }

    /// Compares a further part's header with that of the parts before, which gets what only the other says.
    fn join(&self, header: &mut Header, other: &Header) -> Result<()> {
        let first = &self.first.name;
        if header.columns != other.columns {
            let what = format!(
                "its header names {}, that of {first} names {}",
                other.columns.join(", "),
                header.columns.join(", ")
            );
            return Err(Error::refused(what)
                .at(Place::default().line(1))
                .remedy("export all parts with the same columns and a header line each, or all without one, for header: false"));
        }
        if !header.has_line_end {
            (header.line_end, header.has_line_end) = (other.line_end, other.has_line_end);
        }
        if other.has_line_end && header.line_end != other.line_end {
            let (own, others) = (other.line_end.name(), header.line_end.name());
            return Err(Error::refused(format!(
                "its first line ends with {own}, that of {first} with {others}"
            ))
            .remedy("export all parts alike"));
        }
        header.has_cr |= other.has_cr;
        header.has_rule |= other.has_rule;
        header.byte_order_mark |= other.byte_order_mark;
        Ok(())
    }

    /// Opens the rows of so many columns, behind the header line. An empty line at the end is a row only where there is one column.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged.
    pub fn open<'f>(
        &'f self,
        format: &'f Format,
        limits: &'f Limits,
        columns: usize,
    ) -> Result<DataReader<'f>> {
        let reading = Reading { format, limits, has_blank_rows: columns < 2 };
        let reader = reading.part(&self.first, 0)?;
        Ok(DataReader { file: self, reading, number: 0, reader })
    }

    /// Gives an error that is about a line of the whole data file the name of that part, and its line there.
    pub fn locate(&self, error: Error) -> Error {
        error.moved(&|place: &mut Place| {
            let (Some(line), None) = (place.line, &place.member) else { return };
            let (number, line) = part::split(line);
            if let Ok(member) = self.member(number) {
                (place.line, place.member) = (Some(line), Some(member.name.clone()));
            }
        })
    }

    /// A line of the whole data file, for people: `3`, or `3 of users_2.dat`.
    pub fn line(&self, line: u64) -> String {
        match (self.parts(), part::split(line)) {
            (1, _) => line.to_string(),
            (_, (number, line)) => {
                let name = self.names().nth(number).unwrap_or_default();
                format!("{line} of {name}")
            }
        }
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.further)
    }

    fn member(&self, number: usize) -> Result<&Member> {
        self.members().nth(number).ok_or_else(|| Error::failed(format!("there is no part {}", number + 1)))
    }
}

fn place(member: &Member) -> Place {
    Place { member: Some(member.name.clone()), ..Place::default() }
}

fn begin(member: &Member, format: &Format, limits: &Limits) -> Result<Header> {
    let read = || {
        let mut input = format.charset.reader(member.open()?);
        read_header(&mut input, format, limits.columns).map(|(header, _)| header)
    };
    read().map_err(|error| error.advised(advice::of).at(place(member)))
}

type PartReader = BatchReader<CharsetReader<MemberReader>>;

/// How parts are read.
struct Reading<'f> {
    format: &'f Format,
    limits: &'f Limits,
    /// Whether an empty line is a row.
    has_blank_rows: bool,
}

impl Reading<'_> {
    fn part(&self, member: &Member, number: usize) -> Result<PartReader> {
        let Reading { format, limits, has_blank_rows } = *self;
        let mut input = format.charset.reader(member.open()?);
        let (header, rest) = read_header(&mut input, format, limits.columns)?;
        let origin = header.data_origin.in_part(number);
        let reader = BatchReader::new(input, rest, format, header.line_end, origin);
        let reader = reader.with_max_row(limits.row_bytes);
        Ok(if has_blank_rows { reader } else { reader.without_blank_end() })
    }
}

/// The rows of a data file, ready to be sent: those of one part after the other. No batch holds rows of two parts.
pub struct DataReader<'f> {
    file: &'f DataFile,
    reading: Reading<'f>,
    /// The part that is being read, counted from 0.
    number: usize,
    reader: PartReader,
}

impl BatchSource for DataReader<'_> {
    /// # Errors
    /// As [`BatchReader`]; the next part cannot be opened.
    fn next_into(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            let member = self.file.member(self.number)?;
            // A line says its part.
            let in_part = |error: Error| if error.line().is_some() { error } else { error.at(place(member)) };
            if self.reader.next_into(batch).map_err(in_part)? {
                return Ok(true);
            }
            let Some(next) = self.file.further.get(self.number) else { return Ok(false) };
            self.number += 1;
            self.reader = self.reading.part(next, self.number).map_err(|error| error.at(place(next)))?;
        }
    }
}
