//! `inet`, `cidr` and `macaddr` in their plain forms.

use super::parts::digits::{NOT_HEXADECIMAL, hexadecimal};
use crate::copy::encode::binary::{push_array, push_network};
use std::net::{IpAddr, Ipv6Addr};

/// The longest IPv6 address without an IPv4 one in it.
const LONGEST: usize = 39;

/// Appends an `inet` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows IPv4 addresses of four numbers and IPv6 addresses without an IPv4 one in them, with the bits of their
/// network or without.
pub fn push_inet(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some((address, bits)) = parse(value) else { return false };
    push_network(out, address, bits, false);
    true
}

/// Appends a `cidr`; as [`push_inet`], but right of the network, no bit may be set.
pub fn push_cidr(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some((address, bits)) = parse(value) else { return false };
    let host_bits_are_clear = match address {
        IpAddr::V4(address) => address.to_bits().checked_shl(u32::from(bits)).unwrap_or(0) == 0,
        IpAddr::V6(address) => address.to_bits().checked_shl(u32::from(bits)).unwrap_or(0) == 0,
    };
    if host_bits_are_clear {
        push_network(out, address, bits, true);
    }
    host_bits_are_clear
}

/// Appends a `macaddr` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows six pairs of digits with `:` or `-` between them.
pub fn push_macaddr(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Ok(value) = <&[u8; 17]>::try_from(value) else { return false };
    let separator = value[2];
    if !matches!(separator, b':' | b'-') || [5, 8, 11, 14].iter().any(|at| value[*at] != separator) {
        return false;
    }
    let mut invalid = 0;
    let mut address = [0; 6];
    for (byte, pair) in address.iter_mut().zip(value.chunks(3)) {
        let (high, low) = (hexadecimal(pair[0]), hexadecimal(pair[1]));
        invalid |= high | low;
        *byte = high << 4 | low;
    }
    if invalid < NOT_HEXADECIMAL {
        push_array(out, address);
    }
    invalid < NOT_HEXADECIMAL
}

/// Reads an address and the bits of its network.
#[inline]
fn parse(value: &[u8]) -> Option<(IpAddr, u8)> {
    let (address, bits) = match value {
        [address @ .., b'/', ones] => (address, Some(small_number(&[*ones])?)),
        [address @ .., b'/', tens, ones] => (address, Some(small_number(&[*tens, *ones])?)),
        [address @ .., b'/', hundreds, tens, ones] => {
            (address, Some(small_number(&[*hundreds, *tens, *ones])?))
        }
        address => (address, None),
    };
    let (address, all) = match four_numbers(address) {
        Some(numbers) => (IpAddr::from(numbers), 32),
        None => (IpAddr::V6(groups(address)?), 128),
    };
    let bits = bits.unwrap_or(all);
    (bits <= all).then_some((address, bits))
}

/// A number up to 255 without needless zeros, which some programs read as octal and others refuse.
#[inline]
fn small_number(digits: &[u8]) -> Option<u8> {
    let needless_zero = digits.len() > 1 && digits[0] == b'0';
    if digits.is_empty() || digits.len() > 3 || needless_zero {
        return None;
    }
    let number = digits.iter().try_fold(0_u16, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + u16::from(digit))
    })?;
    u8::try_from(number).ok()
}

#[inline]
fn four_numbers(value: &[u8]) -> Option<[u8; 4]> {
    // A longer one would have needless zeros.
    if value.len() > 15 {
        return None;
    }
    let mut address = [0; 4];
    let mut parts = value.split(|byte| *byte == b'.');
    for number in &mut address {
        *number = small_number(parts.next()?)?;
    }
    parts.next().is_none().then_some(address)
}

/// An IPv6 address in hexadecimal groups.
fn groups(value: &[u8]) -> Option<Ipv6Addr> {
    if value.len() > LONGEST || value.contains(&b'.') {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> [bool; 2] {
        let text = text.as_bytes();
        [push_inet(&mut Vec::new(), text), push_cidr(&mut Vec::new(), text)]
    }

    #[test]
    fn addresses_and_networks() {
        for text in
            ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "::1", "2001:db8::/32", "::/0"]
        {
            assert_eq!(both(text), [true, true], "{text}");
        }
        for text in ["10.0.0.1/24", "128.0.0.0/0", "2001:db8::1/127"] {
            assert_eq!(both(text), [true, false], "{text}");
        }
        for text in [
            "",
            "10",
            "10.0.0",
            "10.0/16",
            "10.0.0.256",
            "99999999999",
            "4294967306.0.0.1",
            "429496739.0.0.1",
            "10.0.0.01",
            "10.0.0.1/33",
            "10.0.0.1/08",
            "10.0.0.1/",
            "10..0.1",
            "10.0.0.0.1",
            " 10.0.0.1",
            "::1/129",
            "::1/256",
            "::ffff:1.2.3.4",
            "fe80::1%eth0",
            ":::",
            "1::2::3",
            "12345::",
        ] {
            assert_eq!(both(text), [false, false], "{text}");
        }
    }

    #[test]
    fn fields() {
        let mut out = Vec::new();
        assert!(push_inet(&mut out, b"10.1.2.3/24") && push_cidr(&mut out, b"ff00::/8"));
        let mut expected = b"\0\0\0\x08\x02\x18\0\x04\x0a\x01\x02\x03\0\0\0\x14\x03\x08\x01\x10\xff".to_vec();
        expected.extend_from_slice(&[0; 15]);
        assert_eq!(out, expected);
    }

    #[test]
    fn hardware_addresses() {
        for text in ["08:00:2b:01:02:03", "08-00-2B-01-02-03"] {
            let mut out = Vec::new();
            assert!(push_macaddr(&mut out, text.as_bytes()), "{text}");
            assert_eq!(out, b"\0\0\0\x06\x08\x00\x2b\x01\x02\x03", "{text}");
        }
        for text in [
            "08:00-2b:01:02:03",
            "08002b010203",
            "08:00:2b:01:02:0g",
            "8:0:2b:1:2:3",
            "08 00 2b 01 02 03",
            "",
        ] {
            assert!(!push_macaddr(&mut Vec::new(), text.as_bytes()), "{text}");
        }
    }
}
