//! The cursor: the column that grows with every change.

use super::shape::Shape;
use crate::pg::ident::{literal, quote};
use crate::{Error, Place, Result};

/// Types that a cursor can have, without their precision.
const CURSOR_TYPES: [(&str, Clock); 6] = [
    ("bigint", Clock::None),
    ("integer", Clock::None),
    ("smallint", Clock::None),
    ("timestamp without time zone", Clock::Local),
    ("timestamp with time zone", Clock::Exact),
    ("date", Clock::Local),
];

/// The clock that gives a cursor its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// None that a server knows.
    None,
    /// The same all over the world.
    Exact,
    /// That of some time zone.
    Local,
}

/// The column that grows with every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its name.
    pub name: String,
    /// Its type, without a precision.
    pub type_name: &'static str,
    /// What gives it its values.
    pub clock: Clock,
    /// Whether it allows NULL.
    pub nullable: bool,
}

impl Cursor {
    /// The cursor in the column `name`.
    ///
    /// # Errors
    /// A column that the source lacks, or whose type does not qualify; exit code 2.
    pub fn of(source: &Shape, name: &str) -> Result<Cursor> {
        let Some(column) = source.column(name) else {
            return Err(
                Error::refused(format!("has no column {name}")).remedy("name another one with --cursor")
            );
        };
        let known =
            CURSOR_TYPES.into_iter().find(|(known, _)| *known == without_precision(&column.type_name));
        let Some((type_name, clock)) = known else {
            return Err(Error::refused(format!("{} cannot be the type of a cursor", column.type_name))
                .at(Place::default().column(name))
                .remedy("name an integer, timestamp, timestamptz or date column with --cursor"));
        };
        Ok(Cursor { name: name.to_owned(), type_name, clock, nullable: !column.not_null })
    }

    /// A value of the cursor, as SQL.
    pub fn value(&self, text: &str) -> String {
        format!("{}::{}", literal(text), self.type_name)
    }

    /// Its name, quoted.
    pub fn quoted(&self) -> String {
        quote(&self.name)
    }

    /// The condition of rows with a place in the order of changes. A row is not counted among them while its cursor is ahead of
    /// the source's clock, `now`: no watermark gets past it.
    pub fn is_dated(&self, now: Option<&str>) -> String {
        let name = self.quoted();
        match now {
            Some(now) => format!("{name} > '-infinity' AND {name} <= {now}"),
            None => format!("{name} IS NOT NULL"),
        }
    }

    /// The condition of rows without a place in that order; none if the table can have no such row.
    pub fn is_undated(&self, now: Option<&str>) -> Option<String> {
        let name = self.quoted();
        let mut cases = Vec::new();
        if self.nullable {
            cases.push(format!("{name} IS NULL"));
        }
        if let Some(now) = now {
            cases.push(format!("{name} > {now} OR {name} = '-infinity'"));
        }
        (!cases.is_empty()).then(|| format!("({})", cases.join(" OR ")))
    }

    /// The greatest value that the source's clock, a text, can have given by now; none for other cursors. In the hour that the end
    /// of summer time repeats, the first pass of that hour counts.
    pub fn now(&self, clock: &str, zone: &str) -> Option<String> {
        let (clock, zone) = (format!("{}::timestamptz", literal(clock)), literal(zone));
        match self.clock {
            Clock::None => None,
            Clock::Exact => Some(clock),
            Clock::Local => Some(format!(
                "greatest({clock} AT TIME ZONE 'UTC', {clock} AT TIME ZONE {zone}, \
                 CASE WHEN ({clock} - interval '1 hour') AT TIME ZONE {zone} >= {clock} AT TIME ZONE {zone} \
                 THEN {clock} AT TIME ZONE {zone} + interval '1 hour' END)::{}",
                self.type_name
            )),
        }
    }
}

/// `timestamp(3) without time zone` without its `(3)`.
fn without_precision(type_name: &str) -> String {
    match (type_name.find('('), type_name.find(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", &type_name[..open], &type_name[close + 1..])
        }
        _ => type_name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_any_precision_can_be_cursors() {
        for (type_name, plain) in [
            ("timestamp(3) without time zone", "timestamp without time zone"),
            ("timestamp(0) with time zone", "timestamp with time zone"),
            ("date", "date"),
            ("numeric(10,2)", "numeric"),
        ] {
            assert_eq!(without_precision(type_name), plain);
        }
    }
}
