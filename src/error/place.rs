//! The place of an error.

use std::fmt;

/// The place of an error. The parts that are not known stay empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The dump's file name, or another file.
    pub file: Option<String>,
    /// The member of the dump.
    pub member: Option<String>,
    /// Line in the file or member, counted from 1.
    pub line: Option<u64>,
    /// The column's name.
    pub column: Option<String>,
    /// The table in the database.
    pub table: Option<String>,
}

impl Place {
    /// A file, by the name that the user knows.
    pub fn file(file: impl Into<String>) -> Self {
        Place { file: Some(file.into()), ..Place::default() }
    }

    /// A member of a dump.
    pub fn member(file: impl Into<String>, member: impl Into<String>) -> Self {
        Place { file: Some(file.into()), member: Some(member.into()), ..Place::default() }
    }

    /// A table in the database.
    pub fn table(table: impl Into<String>) -> Self {
        Place { table: Some(table.into()), ..Place::default() }
    }

    /// The same place, at this line (counted from 1).
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same place, in this column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Takes the parts that this place lacks from `outer`.
    pub(super) fn fill_from(&mut self, outer: Place) {
        self.file = self.file.take().or(outer.file);
        self.member = self.member.take().or(outer.member);
        self.line = self.line.or(outer.line);
        self.column = self.column.take().or(outer.column);
        self.table = self.table.take().or(outer.table);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (&self.file, &self.member) {
            (Some(file), Some(member)) => parts.push(format!("{file}/{member}")),
            (Some(one), None) | (None, Some(one)) => parts.push(one.clone()),
            (None, None) => {}
        }
        parts.extend(self.table.iter().map(|table| format!("table {table}")));
        parts.extend(self.line.iter().map(|line| format!("line {line}")));
        parts.extend(self.column.iter().map(|column| format!("column {column}")));
        f.write_str(&parts.join(", "))
    }
}
