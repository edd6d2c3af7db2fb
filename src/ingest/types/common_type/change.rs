//! What happens when a column gets a wider type: to its table, and to the values that it has.

use super::kind::{Digits, Kind};
use super::longer;
use crate::pg::type_name::TypeName;

/// Whether `ALTER COLUMN … TYPE` writes the whole table again; if not, it changes the catalogue alone (PostgreSQL
/// documentation, ALTER TABLE, Notes; the source is `ATColumnChangeRequiresRewrite`). Types that only the server knows are
/// taken to be written again.
pub fn rewrites(from: &TypeName, to: &TypeName) -> bool {
    from != to && !Kind::of(from.as_str()).becomes(&Kind::of(to.as_str()))
}

/// Whether a value that was loaded as `from` is, as `to`, the same as if it had been loaded as that. It is not where `from`
/// forgets how the value was written: `1` is `true` in a `boolean`, and stays `1` in a `text`.
pub fn is_exact(from: &TypeName, to: &TypeName) -> bool {
    use Kind::*;
    match (Kind::of(from.as_str()), Kind::of(to.as_str())) {
        (from, to) if from == to => true,
        (Integer(_) | Numeric(_), Integer(_) | Numeric(_) | Float(_))
        | (Date | Timestamp(_), Timestamp(_))
        | (TimestampWithZone(_), TimestampWithZone(_))
        | (Time(_), Time(_))
        | (TimeWithZone(_), TimeWithZone(_))
        | (Interval(_), Interval(_))
        | (Bit(_) | BitVarying(_), BitVarying(_))
        | (Character(_), Character(_))
        | (CharacterVarying(_) | Text, CharacterVarying(_) | Text) => true,
        _ => false,
    }
}

/// A value of the type `from` as one of the type `to`, which holds it, in SQL. Binary fractions are read from their shortest
/// decimals: a cast would give `0.1::real` the digits `0.10000000149` as `double precision`, and cut a `double precision` to 15
/// digits as `numeric`.
pub fn cast(value: &str, from: &TypeName, to: &TypeName) -> String {
    match (Kind::of(from.as_str()), Kind::of(to.as_str())) {
        (Kind::Float(_), Kind::Float(_) | Kind::Numeric(_)) => format!("{value}::text::{to}"),
        _ => format!("{value}::{to}"),
    }
}

impl Kind {
    /// Whether each value of this type has the same bytes in the other, and the server knows that.
    fn becomes(&self, other: &Kind) -> bool {
        use Kind::*;
        match (self, other) {
            (Numeric(_), Numeric(None)) => true,
            (Numeric(Some(own)), Numeric(Some(theirs))) => {
                let total = |digits: &Digits| digits.before + digits.behind;
                own.behind == theirs.behind && total(own) <= total(theirs)
            }
            (Timestamp(_), Timestamp(_))
            | (TimestampWithZone(_), TimestampWithZone(_))
            | (Time(_), Time(_))
            | (TimeWithZone(_), TimeWithZone(_)) => other.holds(self),
            (Interval(_), Interval(None)) => true,
            (CharacterVarying(_), Text) | (Text, CharacterVarying(None)) => true,
            (CharacterVarying(own), CharacterVarying(theirs)) | (BitVarying(own), BitVarying(theirs)) => {
                longer(*own, *theirs) == *theirs
            }
            (Bit(_), BitVarying(None)) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TypeName {
        TypeName::from_server(text.to_owned())
    }

    #[test]
    fn values_stay_what_their_dump_says_unless_the_type_forgets_how_they_were_written() {
        for (from, to, expected) in [
            ("integer", "bigint", true),
            ("bigint", "numeric(19,0)", true),
            ("integer", "double precision", true),
            ("numeric(10,2)", "numeric(12,4)", true),
            ("date", "timestamp(3) without time zone", true),
            ("bit(4)", "bit varying(8)", true),
            ("character varying(5)", "text", true),
            ("boolean", "text", false),
            ("integer", "text", false),
            ("character(5)", "character varying(5)", false),
            ("real", "double precision", false),
            ("double precision", "numeric", false),
            ("jsonb", "json", false),
        ] {
            assert_eq!(is_exact(&name(from), &name(to)), expected, "{from}, {to}");
        }
    }

    #[test]
    fn binary_fractions_are_cast_by_their_decimals() {
        assert_eq!(cast("x", &name("real"), &name("double precision")), "x::text::double precision");
        assert_eq!(cast("x", &name("double precision"), &name("numeric")), "x::text::numeric");
        assert_eq!(cast("x", &name("real"), &name("text")), "x::text");
        assert_eq!(cast("x", &name("integer"), &name("bigint")), "x::bigint");
    }
}
