//! The form in which a value is compared: the same for the field that was sent and the field that the server gives back.
//!
//! A field is sent only if its column holds the value as it is written. So nothing is rounded here: a server that rounds is
//! found out. A number may be written with more zeros than its column has, and `char(n)` is padded.

use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};

/// The places in a `numeric` field of its number of decimals behind the point, and of its digits.
const SCALE: std::ops::Range<usize> = 6..8;
const DIGITS: usize = 8;

/// How the values of one column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparable {
    /// Byte by byte.
    AsItStands,
    /// Without blanks at the end, which mean nothing in a `char(n)`.
    Padded,
    /// As a number: zeros at the end mean nothing in a `numeric(p,s)`, which always has `s` decimals.
    Number,
}

impl Comparable {
    /// The form for a type, as the server spells it (`format_type`).
    pub fn for_type(type_name: &str) -> Comparable {
        match type_name.split_once('(') {
            _ if type_name.ends_with(']') => Comparable::AsItStands,
            Some(("character", _)) => Comparable::Padded,
            Some(("numeric", _)) => Comparable::Number,
            _ => Comparable::AsItStands,
        }
    }

    /// A number that is the same for equal values, and different for others.
    #[inline]
    pub fn hash(self, field: &[u8], state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        match (self, field.split_at_checked(DIGITS)) {
            // Digits are written without zeros at either end.
            (Comparable::Number, Some((header, digits))) => {
                hasher.write(&header[..SCALE.start]);
                hasher.write(digits);
            }
            (Comparable::Padded, _) => hasher.write(without_blanks(field)),
            _ => hasher.write(field),
        }
        hasher.finish()
    }
}

fn without_blanks(field: &[u8]) -> &[u8] {
    let blanks = field.iter().rev().take_while(|byte| **byte == b' ').count();
    &field[..field.len() - blanks]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::types::numeric::push_numeric;

    fn field(number: &str) -> Vec<u8> {
        let mut out = Vec::new();
        assert!(push_numeric(&mut out, number.as_bytes()), "{number}");
        out.split_off(4)
    }

    #[test]
    fn types_have_their_forms() {
        for (type_name, form) in [
            ("integer", Comparable::AsItStands),
            ("character varying(5)", Comparable::AsItStands),
            ("character(5)", Comparable::Padded),
            ("numeric", Comparable::AsItStands),
            ("numeric(10,2)", Comparable::Number),
            ("numeric(10,2)[]", Comparable::AsItStands),
            ("timestamp(3) without time zone", Comparable::AsItStands),
        ] {
            assert_eq!(Comparable::for_type(type_name), form, "{type_name}");
        }
    }

    #[test]
    fn zeros_behind_a_number_mean_nothing_where_the_scale_is_the_columns() {
        let state = RandomState::default();
        let hash = |form: Comparable, number: &str| form.hash(&field(number), &state);
        for (number, same) in [("1.5", "1.50"), ("-0.50000", "-0.5"), ("100", "100.00"), ("0.000", "0")] {
            assert_eq!(hash(Comparable::Number, number), hash(Comparable::Number, same), "{number}");
            assert_ne!(hash(Comparable::AsItStands, number), hash(Comparable::AsItStands, same), "{number}");
        }
        for (number, other) in [("1.005", "1.01"), ("0.004", "0"), ("9999.5", "10000"), ("1", "-1")] {
            assert_ne!(hash(Comparable::Number, number), hash(Comparable::Number, other), "{number}");
        }
    }

    #[test]
    fn only_blanks_at_the_end_of_a_padded_value_mean_nothing() {
        let state = RandomState::default();
        let hash = |form: Comparable, value: &str| form.hash(value.as_bytes(), &state);
        assert_eq!(hash(Comparable::Padded, "a"), hash(Comparable::Padded, "a   "));
        assert_ne!(hash(Comparable::Padded, "a"), hash(Comparable::Padded, " a"));
        assert_ne!(hash(Comparable::AsItStands, "a"), hash(Comparable::AsItStands, "a "));
    }
}
