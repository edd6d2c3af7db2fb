//! Numbers, written either way.

use super::text::expand;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A number, written as a number or as a text (which may hold `${VAR}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<T>(pub T);

impl<'de, T: FromStr> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only the errors of a visitor get key and line.
        struct NumberVisitor<T>(PhantomData<T>);
        impl<T: FromStr> Visitor<'_> for NumberVisitor<T> {
            type Value = Number<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number<T>, E> {
                let text = expand(text, |name| std::env::var(name).ok()).map_err(E::custom)?;
                let number = text.trim().parse();
                number
                    .map(Number)
                    .map_err(|_| E::custom(format!("`{text}` is not a whole number, or out of range")))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number<T>, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number<T>, E> {
                self.visit_str(&value.to_string())
            }
        }
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(serde_yaml::from_str::<Number<u16>>("70000").is_err());
        assert_eq!(serde_yaml::from_str::<Number<u16>>("'8080'").unwrap(), Number(8080));
    }
}
