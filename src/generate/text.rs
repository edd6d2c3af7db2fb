//! Numbers as text, appended to a buffer. Every record has many, so formatting machinery is avoided.

/// The two hexadecimal digits of every byte.
static HEX: [[u8; 2]; 256] = {
    let digits = *b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Appends `number` in decimal.
#[inline]
pub fn push_number(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [0; 10];
    let mut start = digits.len();
    loop {
        start -= 1;
        // One decimal digit.
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a number that may have more than 32 bits.
#[inline]
pub fn push_long_number(out: &mut Vec<u8>, number: u64) {
    const PART: u64 = 1_000_000_000;
    match u32::try_from(number) {
        Ok(number) => push_number(out, number),
        Err(_) => {
            push_long_number(out, number / PART);
            // The last nine digits, with zeros before them.
            let start = out.len();
            push_number(out, (PART + number % PART) as u32);
            out.remove(start);
        }
    }
}

/// The last two digits of a number.
#[inline]
pub fn two_digits(number: u32) -> [u8; 2] {
    // Each is one decimal digit.
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// Appends a byte as two hexadecimal digits.
#[inline]
pub fn push_hex(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&HEX[usize::from(byte)]);
}

/// Appends a UUID in its usual form (RFC 9562, section 4).
#[inline]
pub fn push_uuid(out: &mut Vec<u8>, uuid: &[u8; 16]) {
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at..at + 2].copy_from_slice(&HEX[usize::from(*byte)]);
        at += 2;
    }
    out.extend_from_slice(&text);
}

/// Appends an IPv4 address.
#[inline]
pub fn push_ipv4(out: &mut Vec<u8>, address: [u8; 4]) {
    for (index, byte) in address.into_iter().enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        push_number(out, u32::from(byte));
    }
}

/// Appends an IPv6 address. No group may begin with the digit 0; then the form is canonical (RFC 5952, section 4).
#[inline]
pub fn push_ipv6(out: &mut Vec<u8>, address: &[u8; 16]) {
    let mut text = [b':'; 39];
    for (index, byte) in address.iter().enumerate() {
        let at = index * 2 + index / 2;
        text[at..at + 2].copy_from_slice(&HEX[usize::from(*byte)]);
    }
    out.extend_from_slice(&text);
}

/// Appends a MAC address, with colons.
#[inline]
pub fn push_mac(out: &mut Vec<u8>, address: [u8; 6]) {
    let mut text = [b':'; 17];
    for (index, byte) in address.iter().enumerate() {
        text[index * 3..index * 3 + 2].copy_from_slice(&HEX[usize::from(*byte)]);
    }
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    fn pushed(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for number in [0, 7, 10, 4096, u32::MAX] {
            assert_eq!(pushed(|out| push_number(out, number)), number.to_string());
        }
        for number in
            [0, 42, u64::from(u32::MAX), 1 << 32, 7_000_000_000, u64::MAX, 5_000_000_000_000_000_021]
        {
            assert_eq!(pushed(|out| push_long_number(out, number)), number.to_string());
        }
    }

    #[test]
    fn addresses_have_their_usual_forms() {
        let bytes: [u8; 16] = std::array::from_fn(|i| 0x11 * (i as u8));
        assert_eq!(pushed(|out| push_uuid(out, &bytes)), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(pushed(|out| push_ipv4(out, [192, 0, 20, 255])), "192.0.20.255");
        assert_eq!(pushed(|out| push_mac(out, [2, 0x1f, 0, 0xaa, 9, 0xff])), "02:1f:00:aa:09:ff");
        let groups = std::array::from_fn(|i| 0x11 + 0x0e * (i as u8));
        assert_eq!(pushed(|out| push_ipv6(out, &groups)), Ipv6Addr::from(groups).to_string());
    }
}
