//! Whether a column holds a value as it is written. An input function rounds to a scale, and drops the time of a date, the
//! date of a time, the zone of a timestamp, and blanks behind a text, without a word.
//!
//! The server reads the value as the column's type, and as a wide one that drops nothing of the kind; both must be equal.
//! Sessions are in UTC, so a value with the zone UTC loses nothing in a column without zones, and one of another zone does.

use crate::Result;
use crate::copy::encode::value;
use postgres::types::Type;
use postgres::{Client, Row, Statement};

/// What a column makes of a value that its input function accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Whether it holds the value as it is written.
    pub is_as_written: bool,
    /// The value that it holds, as text.
    pub becomes: Box<str>,
}

/// The questions about the values of one type.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Whether the values have seconds.
    pub has_seconds: bool,
    /// Gives a [`Reading`] of each value.
    pub main: Statement,
    /// Whether a value also has a date, which the type drops. The server refuses the question for a value that has none.
    pub has_date: Option<Statement>,
}

/// What is to be found out about the values of a type.
#[derive(Debug, Clone)]
pub enum Nature {
    /// Its input function keeps every value, or refuses it.
    Trusted,
    /// It may change some.
    Changing(Questions),
}

impl Reading {
    pub fn of_row(row: &Row) -> Self {
        Reading { is_as_written: row.get(0), becomes: row.get::<_, &str>(1).into() }
    }
}

impl Nature {
    /// Asks the server which type the values of `type_name` have.
    ///
    /// # Errors
    /// A lost connection.
    pub fn of(client: &mut Client, type_name: &str) -> Result<Nature> {
        let found = client.query_one(include_str!("base_type.sql"), &[&type_name])?;
        let (Some(base), is_array) = (found.get::<_, Option<String>>(0), found.get(1)) else {
            return Ok(Nature::Trusted);
        };
        let Some(Wide { type_name: wide, same }) = Wide::of(type_name, &base, is_array) else {
            return Ok(Nature::Trusted);
        };
        let question = |columns: &str| {
            // JSON is read into a column of any type by the type's input function and with its modifier (PostgreSQL
            // documentation, "JSON Functions and Operators", `json_populate_record`). A cast would not do so.
            format!(
                "SELECT {columns} FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n), \
                 json_to_record(json_build_object('v', u.v, 'w', u.v)) AS r(v {type_name}, w {wide}) ORDER BY u.n"
            )
        };
        let main = question(&format!("coalesce({same}, false), r.v::text"));
        // Words such as `allballs` are times and moments.
        let array = if is_array { "[]" } else { "" };
        let has_date = base.starts_with("time ").then(|| {
            let time = format!("r.v::time{array}");
            let is_last = if is_array { "false".to_owned() } else { format!("{time} = '24:00'") };
            question(&format!(
                "CASE WHEN u.v ~ '[0-9]' THEN u.v::timestamp{array}::time{array} = {time} OR \
                 u.v::timestamp{array} IS NOT NULL AND {is_last} ELSE false END"
            ))
        });
        let mut prepare = |sql: String| client.prepare_typed(&sql, &[Type::TEXT_ARRAY]);
        let main = prepare(main)?;
        let has_date = has_date.map(&mut prepare).transpose()?;
        let has_seconds = value::has_seconds(&base);
        Ok(Nature::Changing(Questions { has_seconds, main, has_date }))
    }
}

/// A type that drops nothing, beside the column's own.
struct Wide {
    type_name: String,
    /// Whether `r.v`, of the column's type, is what `r.w`, of this type, and `u.v`, the text, say.
    same: String,
}

impl Wide {
    /// Beside the type of the column, whose values are of type `base`; `None` for a type that changes no value. Fractions of
    /// seconds are cut before the server gets them.
    fn of(type_name: &str, base: &str, is_array: bool) -> Option<Wide> {
        const WIDE: [&str; 4] = ["numeric", "interval", "timestamp with time zone", "character varying"];
        if WIDE.contains(&type_name) {
            return None;
        }
        let wide = match base {
            "interval" if type_name.starts_with("interval ") => return Wide::of_units(type_name, is_array),
            "numeric" | "interval" => base,
            "date" if !is_array => {
                return Some(Wide { type_name: "text".to_owned(), same: SAME_DAY.to_owned() });
            }
            "date" | "timestamp without time zone" | "timestamp with time zone" => "timestamptz",
            "time without time zone" | "time with time zone" => "timetz",
            "character varying" | "name" | "\"char\"" => "text",
            "money" if is_array => "numeric",
            "money" => return Some(Wide { type_name: "text".to_owned(), same: SAME_MONEY.to_owned() }),
            _ => return None,
        };
        let wide = format!("{wide}{}", if is_array { "[]" } else { "" });
        Some(Wide { same: format!("r.v::{wide} = r.w"), type_name: wide })
    }

    /// Of an interval of certain units. They say how a value is read: `02:03` are minutes and seconds in an `interval minute to
    /// second`, and a bare number has the last unit. Smaller units are dropped.
    fn of_units(type_name: &str, is_array: bool) -> Option<Wide> {
        let (one, array) = if is_array { (type_name.trim_end_matches("[]"), "[]") } else { (type_name, "") };
        match one.split_once("second") {
            Some((_, "")) => None,
            Some((units, _)) => {
                Some(Wide { type_name: format!("{units}second{array}"), same: "r.v = r.w".to_owned() })
            }
            None => {
                let same = "(r.v = r.w OR u.v ~ '^\\s*[-+]?\\d+\\s*$')".to_owned();
                Some(Wide { type_name: format!("interval{array}"), same })
            }
        }
    }
}

/// Other days than these are not within the range of timestamps.
const SAME_DAY: &str = "CASE WHEN r.v > '4700-01-01 BC' AND r.v < '294000-01-01' \
                        THEN r.v::timestamptz = u.v::timestamptz \
                        ELSE u.v NOT LIKE '%:%' END";

/// Amounts, without their currency and their separators, which stand before three digits each.
const SAME_MONEY: &str = "u.v ~ '^[^0-9,.]*([0-9]+|[0-9]{1,3}(,[0-9]{3})+)?([.][0-9]*)?[^0-9,.]*$' \
                          AND abs(r.v::numeric) = abs(regexp_replace(u.v, '[^0-9.]', '', 'g')::numeric)";
