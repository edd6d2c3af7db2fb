//! The least type that holds the values of two types as they are written, of those that the server names.
//!
//! Types form a lattice, so the common type of many does not depend on their order:
//!
//! ```text
//!                         ┌─ real ─ double precision ─┐
//! smallint ──┬────────────┘    ┌──────────┘ (integer) ├─ numeric ──────┐
//!            └─ integer ─ bigint ─ numeric(p,s) ──────┘                │
//! date ─ timestamp(p) ─ timestamp ─────────────────────────────────────┤
//! timestamp(p) with time zone ─ …, time(p) ─ …, interval ──────────────┼─ text
//! bit(n) ─ bit varying(n) ─ bit varying; jsonb ─ json ─────────────────┤
//! character(n) ─ character varying(n) ─ character varying ─────────────┤
//! boolean, uuid, bytea, arrays, domains, enums, all others ────────────┘
//! ```
//!
//! Decimals are exact in `numeric` alone, so that is what they and binary fractions have in common. A time without zone
//! is at no certain moment, so `timestamp` and `timestamp with time zone` have only `text`.

mod change;
mod kind;
#[cfg(test)]
mod properties;

pub use change::{cast, is_exact, rewrites};

use crate::pg::type_name::TypeName;
use kind::Kind;

/// Digits of a second that PostgreSQL keeps.
const MICROSECONDS: u32 = 6;

/// The least type that holds what both hold. Both are as the server spells them, and so is the result.
pub fn common_type(one: &TypeName, other: &TypeName) -> TypeName {
    if one == other {
        return one.clone();
    }
    Kind::of(one.as_str()).common(&Kind::of(other.as_str())).type_name()
}

/// Whether a column of the type `mother` holds every value of the type `version` as it is written. Both are as the server
/// spells them.
pub fn holds(mother: &TypeName, version: &TypeName) -> bool {
    mother == version || Kind::of(mother.as_str()).holds(&Kind::of(version.as_str()))
}

/// The same type for values of any length, with any number of digits: `text` for `character varying(5)`.
pub fn without_limit(name: &TypeName) -> TypeName {
    use Kind::*;
    match Kind::of(name.as_str()) {
        Numeric(_) => Numeric(None),
        Timestamp(_) => Timestamp(None),
        TimestampWithZone(_) => TimestampWithZone(None),
        Time(_) => Time(None),
        TimeWithZone(_) => TimeWithZone(None),
        Interval(_) => Interval(None),
        Bit(_) | BitVarying(_) => BitVarying(None),
        Character(_) | CharacterVarying(_) => Text,
        other => other,
    }
    .type_name()
}

impl Kind {
    fn common(&self, other: &Kind) -> Kind {
        use Kind::*;
        match (self, other) {
            (one, other) if one == other => one.clone(),
            (Integer(one), Integer(other)) => Integer(*one.max(other)),
            (Float(one), Float(other)) => Float(*one.max(other)),
            (Integer(integer), Float(float)) | (Float(float), Integer(integer)) => match integer {
                kind::Integer::Small => Float(*float),
                kind::Integer::Plain => Float(kind::Float::Double),
                kind::Integer::Big => Numeric(None),
            },
            (Numeric(one), Numeric(other)) => Numeric(one.zip(*other).and_then(|(a, b)| a.with(b))),
            (Numeric(digits), Integer(integer)) | (Integer(integer), Numeric(digits)) => {
                Numeric(digits.and_then(|digits| digits.with(integer.digits())))
            }
            (Numeric(_), Float(_)) | (Float(_), Numeric(_)) => Numeric(None),
            (Date, Timestamp(digits)) | (Timestamp(digits), Date) => Timestamp(*digits),
            (Timestamp(one), Timestamp(other)) => Timestamp(longer(*one, *other)),
            (TimestampWithZone(one), TimestampWithZone(other)) => TimestampWithZone(longer(*one, *other)),
            (Time(one), Time(other)) => Time(longer(*one, *other)),
            (TimeWithZone(one), TimeWithZone(other)) => TimeWithZone(longer(*one, *other)),
            (Interval(_), Interval(_)) => Interval(None),
            (Bit(one), Bit(other)) => BitVarying(Some(*one.max(other))),
            (Bit(one), BitVarying(other)) | (BitVarying(other), Bit(one)) => {
                BitVarying(longer(Some(*one), *other))
            }
            (BitVarying(one), BitVarying(other)) => BitVarying(longer(*one, *other)),
            (Character(one), Character(other)) => Character(*one.max(other)),
            (Character(one), CharacterVarying(other)) | (CharacterVarying(other), Character(one)) => {
                CharacterVarying(longer(Some(*one), *other))
            }
            (CharacterVarying(one), CharacterVarying(other)) => CharacterVarying(longer(*one, *other)),
            (Json, Jsonb) | (Jsonb, Json) => Json,
            _ => Text,
        }
    }

    fn holds(&self, other: &Kind) -> bool {
        use Kind::*;
        if self == other {
            return true;
        }
        match (self, other) {
            // Spelled out or not, these are all digits that there are.
            (Timestamp(own), Timestamp(theirs))
            | (TimestampWithZone(own), TimestampWithZone(theirs))
            | (Time(own), Time(theirs))
            | (TimeWithZone(own), TimeWithZone(theirs)) => {
                own.unwrap_or(MICROSECONDS) >= theirs.unwrap_or(MICROSECONDS)
            }
            // It is `text` by another name.
            (CharacterVarying(None), _) => true,
            // Whole numbers of so few digits are integers, and so few digits are as exact in binary.
            (Integer(integer), Numeric(Some(digits))) => {
                digits.behind <= 0 && digits.before < integer.digits().before
            }
            (Float(float), Numeric(Some(digits))) => {
                digits.before.max(0) + digits.behind.max(0) <= float.digits()
            }
            _ => self.common(other) == *self,
        }
    }
}

fn longer(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.zip(other).map(|(one, other)| one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TypeName {
        TypeName::from_server(text.to_owned())
    }

    fn common(one: &str, other: &str) -> String {
        common_type(&name(one), &name(other)).to_string()
    }

    #[test]
    fn the_common_type_is_the_least_that_holds_both() {
        for (one, other, expected) in [
            ("smallint", "integer", "integer"),
            ("integer", "bigint", "bigint"),
            ("smallint", "numeric(3,1)", "numeric(6,1)"),
            ("bigint", "numeric(12,4)", "numeric(23,4)"),
            ("bigint", "numeric", "numeric"),
            ("numeric(10,2)", "numeric(12,4)", "numeric(12,4)"),
            ("numeric(10,2)", "numeric(8,6)", "numeric(14,6)"),
            ("numeric(1000,0)", "numeric(10,10)", "numeric"),
            ("real", "double precision", "double precision"),
            ("smallint", "real", "real"),
            ("integer", "real", "double precision"),
            ("bigint", "double precision", "numeric"),
            ("numeric(5,2)", "real", "numeric"),
            ("date", "timestamp(3) without time zone", "timestamp(3) without time zone"),
            ("timestamp(3) without time zone", "timestamp without time zone", "timestamp without time zone"),
            ("timestamp with time zone", "timestamp without time zone", "text"),
            ("date", "timestamp with time zone", "text"),
            ("date", "time without time zone", "text"),
            ("time(0) without time zone", "time(3) without time zone", "time(3) without time zone"),
            ("interval day to second(3)", "interval(3)", "interval"),
            ("character varying(50)", "character varying(100)", "character varying(100)"),
            ("character varying(50)", "character varying", "character varying"),
            ("character varying", "text", "text"),
            ("character(5)", "character(3)", "character(5)"),
            ("character(5)", "character varying(3)", "character varying(5)"),
            ("bit(4)", "bit(8)", "bit varying(8)"),
            ("bit(4)", "bit varying", "bit varying"),
            ("json", "jsonb", "json"),
            ("boolean", "smallint", "text"),
            ("uuid", "character(36)", "text"),
            ("bytea", "text", "text"),
            ("integer[]", "integer[]", "integer[]"),
            ("integer[]", "bigint[]", "text"),
            ("numeric(10,2)[]", "numeric(12,4)[]", "text"),
            ("interval[]", "interval", "text"),
            ("shop.mood", "shop.mood", "shop.mood"),
            ("shop.mood", "text", "text"),
        ] {
            assert_eq!(common(one, other), expected, "{one}, {other}");
            assert_eq!(common(other, one), expected, "{other}, {one}");
        }
    }

    #[test]
    fn a_mother_holds_what_it_takes_as_it_is_written() {
        for (mother, version, expected) in [
            ("text", "shop.mood", true),
            ("character varying", "integer", true),
            ("character varying(50)", "character varying(51)", false),
            ("character varying(50)", "integer", false),
            ("timestamp without time zone", "date", true),
            ("date", "timestamp without time zone", false),
            ("timestamp(6) without time zone", "timestamp without time zone", true),
            ("timestamp(3) without time zone", "timestamp without time zone", false),
            ("numeric(10,2)", "numeric(12,4)", false),
            ("numeric(10,2)", "numeric(8,2)", true),
            ("numeric(19,4)", "integer", true),
            ("numeric(10,2)", "integer", false),
            ("integer", "numeric(9,0)", true),
            ("integer", "numeric(10,0)", false),
            ("bigint", "numeric(18,0)", true),
            ("bigint", "numeric(18,1)", false),
            ("double precision", "numeric(15,2)", true),
            ("double precision", "numeric(16,2)", false),
            ("real", "numeric(7,2)", false),
            ("double precision", "bigint", false),
            ("jsonb", "json", false),
            ("boolean", "smallint", false),
        ] {
            assert_eq!(holds(&name(mother), &name(version)), expected, "{mother}, {version}");
        }
    }
}
