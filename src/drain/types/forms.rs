//! The forms that the values of a column were seen in, and the type that holds all of them without loss.
//!
//! A form is a bit, and the forms of a column are a set of bits. So neither the order of the values matters, nor the thread
//! that sees them.

use std::ops::BitOrAssign;

/// A set of forms; empty for a column of NULLs alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forms(u16);

impl Forms {
    /// A whole number within 32 bits, written as PostgreSQL writes it.
    pub const INTEGER: Forms = Forms(1);
    /// One within 64 bits.
    pub const BIGINT: Forms = Forms(1 << 1);
    /// A number with decimals, or a larger one.
    pub const NUMERIC: Forms = Forms(1 << 2);
    /// A number with more digits than a double keeps.
    pub const LONG: Forms = Forms(1 << 3);
    /// A number with an exponent, which a double holds.
    pub const DOUBLE: Forms = Forms(1 << 4);
    /// `true` or `false`.
    pub const BOOLEAN: Forms = Forms(1 << 5);
    /// `2020-05-19`.
    pub const DATE: Forms = Forms(1 << 6);
    /// `2020-05-19 05:20:32.212`, with a blank or a T.
    pub const TIMESTAMP: Forms = Forms(1 << 7);
    /// The same with a zone.
    pub const TIMESTAMPTZ: Forms = Forms(1 << 8);
    /// A JSON object or list that `jsonb` holds, as a value of its own or as a string; a list only as a value of its own.
    pub const JSON: Forms = Forms(1 << 9);
    /// Anything else.
    pub const TEXT: Forms = Forms(1 << 10);

    /// The form that a type holds; none for a type that is never chosen here. `type_name` is as `format_type` spells it.
    pub fn of_type(type_name: &str) -> Option<Forms> {
        Some(match type_name {
            "integer" => Forms::INTEGER,
            // Such a column may hold numbers of any length.
            "bigint" => Forms(Forms::BIGINT.0 | Forms::LONG.0),
            "numeric" => Forms(Forms::NUMERIC.0 | Forms::LONG.0),
            "double precision" => Forms::DOUBLE,
            "boolean" => Forms::BOOLEAN,
            "date" => Forms::DATE,
            "timestamp without time zone" => Forms::TIMESTAMP,
            "timestamp with time zone" => Forms::TIMESTAMPTZ,
            "jsonb" => Forms::JSON,
            "text" => Forms::TEXT,
            _ => return None,
        })
    }

    /// The forms that a type holds without loss; none for `text`, which holds all, and for a type that is never chosen here.
    pub fn held_by(type_name: &str) -> Option<Forms> {
        HELD.iter().find(|(name, _)| *name == type_name).map(|(_, forms)| Forms::all_of(forms))
    }

    fn all_of(forms: &[Forms]) -> Forms {
        Forms(forms.iter().fold(0, |all, form| all | form.0))
    }

    /// Whether `those` include each of these forms.
    pub fn are_among(self, those: Forms) -> bool {
        self.0 & !those.0 == 0
    }

    /// The narrowest type that holds all of these, as `format_type` spells it.
    pub fn type_name(self) -> &'static str {
        let holds = |forms: &[Forms]| self.are_among(Forms::all_of(forms));
        let fits = HELD.iter().find(|(_, forms)| self != Forms::default() && holds(forms));
        fits.map_or("text", |(name, _)| name)
    }
}

/// Types with the forms that they hold without loss, the narrower ones first.
const HELD: [(&str, &[Forms]); 9] = [
    ("boolean", &[Forms::BOOLEAN]),
    ("integer", &[Forms::INTEGER]),
    ("bigint", &[Forms::INTEGER, Forms::BIGINT, Forms::LONG]),
    ("numeric", &[Forms::INTEGER, Forms::BIGINT, Forms::NUMERIC, Forms::LONG]),
    ("double precision", &[Forms::INTEGER, Forms::BIGINT, Forms::NUMERIC, Forms::DOUBLE]),
    ("date", &[Forms::DATE]),
    ("timestamp without time zone", &[Forms::DATE, Forms::TIMESTAMP]),
    ("timestamp with time zone", &[Forms::TIMESTAMPTZ]),
    ("jsonb", &[Forms::JSON]),
];

impl BitOrAssign for Forms {
    fn bitor_assign(&mut self, other: Forms) {
        self.0 |= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_chosen_for_its_own_forms() {
        for name in ["integer", "bigint", "numeric", "double precision", "boolean", "date", "jsonb", "text"] {
            assert_eq!(Forms::of_type(name).unwrap().type_name(), name);
        }
        for name in ["timestamp without time zone", "timestamp with time zone"] {
            assert_eq!(Forms::of_type(name).unwrap().type_name(), name);
        }
        assert_eq!(Forms::of_type("uuid"), None);
    }

    #[test]
    fn a_type_holds_what_it_is_chosen_for() {
        for (name, forms) in HELD {
            let held = Forms::held_by(name).unwrap();
            assert!(Forms::of_type(name).unwrap().are_among(held), "{name}");
            for form in forms {
                let mut both = Forms::of_type(name).unwrap();
                both |= *form;
                // A number may have more digits than a double keeps.
                assert!(both.type_name() == name || both.are_among(held), "{name} {form:?}");
            }
        }
        assert_eq!(Forms::held_by("text"), None);
    }
}
