//! The type that a number needs, by the way it is written.

use super::forms::Forms;

/// A double keeps so many significant digits (`DBL_DIG`).
const DOUBLE_DIGITS: usize = 15;
/// The most digits of a `numeric` before and after the point (PostgreSQL documentation, "Numeric Types").
const NUMERIC_WHOLE: usize = 131_072;
const NUMERIC_DECIMALS: usize = 16_383;

/// The form of a number; none if `text` is no number, or if PostgreSQL writes that number in another way, as with `007`.
pub fn form(text: &[u8]) -> Option<Forms> {
    let Parts { negative, whole, decimals, exponent } = Parts::of(text)?;
    let is_zero = whole == b"0" && decimals.iter().all(|digit| *digit == b'0');
    if negative && is_zero {
        return None;
    }
    let mut form = match (decimals.is_empty(), exponent) {
        (true, None) => integer(text, whole)?,
        (false, None) => {
            let fits = whole.len() <= NUMERIC_WHOLE && decimals.len() <= NUMERIC_DECIMALS;
            fits.then_some(Forms::NUMERIC)?
        }
        (_, Some(_)) => {
            let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
            // A number too small for a double becomes 0.
            (value.is_finite() && (value != 0.0 || is_zero)).then_some(Forms::DOUBLE)?
        }
    };
    if whole.len() + decimals.len() > DOUBLE_DIGITS {
        form |= Forms::LONG;
    }
    Some(form)
}

/// The number of digits of a number, without those of its exponent.
pub fn digits_of(text: &str) -> usize {
    text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).filter(u8::is_ascii_digit).count()
}

fn integer(text: &[u8], whole: &[u8]) -> Option<Forms> {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    match parsed {
        Some(number) if i32::try_from(number).is_ok() => Some(Forms::INTEGER),
        Some(_) => Some(Forms::BIGINT),
        None => (whole.len() <= NUMERIC_WHOLE).then_some(Forms::NUMERIC),
    }
}

struct Parts<'t> {
    negative: bool,
    whole: &'t [u8],
    decimals: &'t [u8],
    exponent: Option<&'t [u8]>,
}

impl<'t> Parts<'t> {
    /// Splits a number by the grammar of JSON (RFC 8259, section 6).
    fn of(text: &'t [u8]) -> Option<Parts<'t>> {
        let negative = text.first() == Some(&b'-');
        let (whole, rest) = digits(&text[usize::from(negative)..]);
        if whole.is_empty() || (whole[0] == b'0' && whole.len() > 1) {
            return None;
        }
        let (decimals, rest) = match rest {
            [b'.', rest @ ..] => Some(digits(rest)).filter(|(decimals, _)| !decimals.is_empty())?,
            rest => (&[][..], rest),
        };
        let exponent = match rest {
            [] => None,
            [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => {
                let (exponent, rest) = digits(rest);
                if exponent.is_empty() || !rest.is_empty() {
                    return None;
                }
                Some(exponent)
            }
            _ => return None,
        };
        Some(Parts { negative, whole, decimals, exponent })
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Whether `numeric` holds a number. `jsonb` stores numbers as `numeric`.
pub fn numeric_holds(text: &[u8]) -> bool {
    let Some(parts) = Parts::of(text) else { return false };
    let exponent =
        parts.exponent.map_or(Ok(0), |digits| std::str::from_utf8(digits).unwrap_or_default().parse());
    // The exponent may move the point either way.
    exponent.is_ok_and(|exponent: usize| {
        parts.whole.len().saturating_add(exponent) <= NUMERIC_WHOLE
            && parts.decimals.len().saturating_add(exponent) <= NUMERIC_DECIMALS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_form_if_postgres_writes_it_the_same_way() {
        for text in ["", "-", "01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 ", "1_0", "-0", "-0.00"] {
            assert_eq!(form(text.as_bytes()), None, "{text}");
        }
        let mut long = Forms::NUMERIC;
        long |= Forms::LONG;
        assert_eq!(form(b"1234567890.1234567"), Some(long));
        assert_eq!(form(b"0.50"), Some(Forms::NUMERIC));
        assert_eq!(form(b"1E-5"), Some(Forms::DOUBLE));
        assert_eq!(form(b"1e-400"), None);
        assert_eq!(form(&b"1".repeat(NUMERIC_WHOLE + 1)), None);
    }

    #[test]
    fn numeric_has_its_limits() {
        assert!(numeric_holds(b"-1.5e16000") && numeric_holds(b"0"));
        assert!(!numeric_holds(b"1e20000") && !numeric_holds(b"1e99999999999999999999"));
    }
}
