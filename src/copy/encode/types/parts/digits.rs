//! Digits of a fixed number: most forms are made of them.

/// The number that two digits stand for.
#[inline(always)]
pub fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// The number that four digits stand for.
#[inline(always)]
pub fn four(digits: [u8; 4]) -> Option<u32> {
    let [a, b, c, d] = digits;
    Some(two(a, b)? * 100 + two(c, d)?)
}

/// A form of eight characters, to be compared with eight bytes at once.
pub struct Form {
    /// The exclusive or of it and a text of this form has the value of each digit, and zeros elsewhere.
    characters: u64,
    /// This plus the largest of those values is `0x7F`; with a larger value, the sum is `0x80` and more.
    room: u64,
}

impl Form {
    /// In `form`, a `0` stands for any digit, and other characters for themselves. All are ASCII.
    pub const fn new(form: &[u8; 8]) -> Form {
        let mut room = [0; 8];
        let mut at = 0;
        while at < 8 {
            room[at] = if form[at] == b'0' { 0x7F - 9 } else { 0x7F };
            at += 1;
        }
        Form { characters: u64::from_le_bytes(*form), room: u64::from_le_bytes(room) }
    }

    /// The number that the two digits at each place stand for; `None` for a text of another form.
    #[inline(always)]
    pub fn pairs(&self, text: &[u8; 8]) -> Option<[u8; 8]> {
        const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
        let values = u64::from_le_bytes(*text) ^ self.characters;
        // A carry comes only out of a byte that is wrong by itself.
        if (values | values.wrapping_add(self.room)) & HIGH_BITS != 0 {
            return None;
        }
        // No pair is more than 99, so nothing is carried here.
        Some((values * 10 + (values >> 8)).to_le_bytes())
    }
}

const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// The number that the last `count` of these bytes, 1 to 8, begin with as eight digits: zeros stand behind them. `None` if one
/// of them is no digit.
#[inline(always)]
pub fn eight_digits(text: [u8; 8], count: usize) -> Option<u32> {
    let bits = 8 * count as u32;
    // The first byte of the text is the lowest one.
    let behind = ZEROS.checked_shl(bits).unwrap_or(0);
    number_of((u64::from_le_bytes(text).checked_shr(64 - bits).unwrap_or(0) | behind) ^ ZEROS)
}

/// The number that the last `count` of these bytes are, 1 to 8; `None` for another count, and if one of them is no digit.
#[inline(always)]
pub fn last_digits(text: [u8; 8], count: usize) -> Option<u32> {
    if !(1..=8).contains(&count) {
        return None;
    }
    // Zeros in place of the bytes before, which are the lowest ones.
    number_of((u64::from_le_bytes(text) ^ ZEROS) & (u64::MAX << (64 - 8 * count as u32)))
}

/// The number of eight values, the first one in the lowest byte; `None` if one of them is more than 9.
#[inline(always)]
fn number_of(values: u64) -> Option<u32> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    /// Plus this, a value that is no digit has its high bit set.
    const ROOM: u64 = 0x7676_7676_7676_7676;
    if (values | values.wrapping_add(ROOM)) & HIGH_BITS != 0 {
        return None;
    }
    // Pairs, then fours, then all eight. The first digit is in the lowest bits, and no sum is carried into its neighbour.
    let pairs = (values * 10 + (values >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) as u32)
}

/// The number that two digits stand for; a blank may stand in place of the first one.
#[inline(always)]
pub fn two_or_padded(tens: u8, ones: u8) -> Option<u32> {
    two(if tens == b' ' { b'0' } else { tens }, ones)
}

/// The value of a hexadecimal digit, in either case; [`NOT_HEXADECIMAL`] for any other byte.
#[inline(always)]
pub fn hexadecimal(digit: u8) -> u8 {
    HEXADECIMAL[usize::from(digit)]
}

/// Has a bit that no digit has: the "or" of many values shows whether all of them are digits.
pub const NOT_HEXADECIMAL: u8 = 0x80;

static HEXADECIMAL: [u8; 256] = {
    let mut values = [NOT_HEXADECIMAL; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_nothing_else() {
        assert_eq!(two(b'0', b'7'), Some(7));
        assert_eq!(four(*b"2019"), Some(2019));
        for digits in [*b" 019", *b"2+19", *b"20:9", *b"201/"] {
            assert_eq!(four(digits), None, "{digits:?}");
        }
        assert_eq!(two_or_padded(b' ', b'7'), Some(7));
        assert_eq!(two_or_padded(b'1', b'7'), Some(17));
        assert_eq!(two_or_padded(b'1', b' '), None);
        assert_eq!(two_or_padded(b' ', b' '), None);
    }

    #[test]
    fn a_form_is_all_or_nothing() {
        const TIME: Form = Form::new(b"00:00:00");
        let pairs = TIME.pairs(b"12:34:99").unwrap();
        assert_eq!([pairs[0], pairs[3], pairs[6]], [12, 34, 99]);
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"12:34:56";
                text[at] = byte;
                let expected = if at % 3 == 2 { byte == b':' } else { byte.is_ascii_digit() };
                assert_eq!(TIME.pairs(&text).is_some(), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn up_to_eight_digits_at_once() {
        assert_eq!(eight_digits(*b"12345678", 8), Some(12_345_678));
        assert_eq!(eight_digits(*b":00.1234", 4), Some(12_340_000));
        assert_eq!(eight_digits(*b"00:00:.9", 1), Some(90_000_000));
        assert_eq!(eight_digits(*b"99999999", 8), Some(99_999_999));
        for count in 1..=8 {
            for at in 8 - count..8 {
                for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                    let mut text = *b"12345678";
                    text[at] = byte;
                    assert_eq!(eight_digits(text, count), None, "{text:?} {count}");
                }
            }
        }
    }

    #[test]
    fn the_last_digits_are_a_number() {
        for (text, count, number) in [
            (*b"12345678", 8, Some(12_345_678)),
            (*b"|7|abc|7", 1, Some(7)),
            (*b"-1234567", 7, Some(1_234_567)),
            (*b"\xFF\xFF\xFF\xFF\xFF\xFF42", 2, Some(42)),
            (*b"00000-12", 3, None),
            (*b"0000000x", 1, None),
            (*b"12345678", 0, None),
            (*b"12345678", 9, None),
        ] {
            assert_eq!(last_digits(text, count), number, "{text:?} {count}");
        }
    }

    #[test]
    fn hexadecimal_digits_are_those_of_the_standard_library() {
        for byte in 0..=u8::MAX {
            let expected = char::from(byte).to_digit(16).map(|value| value as u8);
            assert_eq!(hexadecimal(byte), expected.unwrap_or(NOT_HEXADECIMAL), "{byte}");
        }
    }
}
