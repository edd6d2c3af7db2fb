//! Rows in COPY's binary format (PostgreSQL documentation, COPY, "Binary Format"): a row is its number of fields, and a
//! field is its length and as many bytes, which the type's receive function reads. All numbers are big-endian.

use std::net::IpAddr;

/// Stands before the first row: the signature, no flags, no extension.
pub const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Stands behind the last row.
pub const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Address families of `inet` (`PGSQL_AF_INET` and `PGSQL_AF_INET6` in the server's `inet.h`).
const INET_4: u8 = 2;
const INET_6: u8 = 3;
/// The only version of `jsonb`'s binary form (`jsonb_recv`).
const JSONB_VERSION: u8 = 1;

/// Begins a row of `fields` fields.
#[inline]
pub fn begin_row(out: &mut Vec<u8>, fields: i16) {
    out.extend_from_slice(&fields.to_be_bytes());
}

/// Appends NULL: a length of -1, and no bytes.
#[inline]
pub fn push_null(out: &mut Vec<u8>) {
    out.extend_from_slice(&(-1_i32).to_be_bytes());
}

/// Appends a field of a type whose binary form is just its bytes: `text`, `uuid`, `macaddr`.
#[inline]
pub fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // The server allows 1 GB, and rows are limited to far less.
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// As [`push_bytes`], for `bytes[start..end]`. Most fields are short. To copy too many bytes and to take some back is quicker
/// then than a copy of a number of bytes that the processor cannot foresee.
#[inline]
pub fn push_part(out: &mut Vec<u8>, bytes: &[u8], start: usize, end: usize) {
    const SHORT: usize = 32;
    let length = end - start;
    match bytes[start..].first_chunk::<SHORT>() {
        Some(chunk) if length <= SHORT => {
            out.extend_from_slice(&(length as i32).to_be_bytes());
            let field = out.len();
            out.extend_from_slice(chunk);
            out.truncate(field + length);
        }
        _ => push_bytes(out, &bytes[start..end]),
    }
}

/// Appends a field of a few bytes, whose number is known at compile time: one copy instead of two.
#[inline]
pub fn push_array<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    /// The length, and the longest of these fields, a `uuid`.
    const ROOM: usize = 4 + 16;
    const { assert!(4 + N <= ROOM) };
    let mut field = [0; ROOM];
    field[..4].copy_from_slice(&(N as i32).to_be_bytes());
    field[4..4 + N].copy_from_slice(&bytes);
    out.extend_from_slice(&field[..4 + N]);
}

/// Appends a field whose bytes `push` appends.
#[inline]
pub fn push_with(out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    push(out);
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Appends an `integer`.
#[inline]
pub fn push_int4(out: &mut Vec<u8>, number: i32) {
    push_array(out, number.to_be_bytes());
}

/// Appends a `jsonb` whose text `push` appends.
#[inline]
pub fn push_jsonb(out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    push_with(out, |out| {
        out.push(JSONB_VERSION);
        push(out);
    });
}

/// Appends an `inet` that is one IPv4 host.
#[inline]
pub fn push_inet4(out: &mut Vec<u8>, address: [u8; 4]) {
    push_network(out, address.into(), 32, false);
}

/// Appends an `inet` that is one IPv6 host.
#[inline]
pub fn push_inet6(out: &mut Vec<u8>, address: &[u8; 16]) {
    push_network(out, (*address).into(), 128, false);
}

/// Appends an `inet` or a `cidr` whose network has `bits` bits.
#[inline]
pub fn push_network(out: &mut Vec<u8>, address: IpAddr, bits: u8, is_cidr: bool) {
    push_with(out, |out| match address {
        IpAddr::V4(address) => {
            out.extend_from_slice(&[INET_4, bits, u8::from(is_cidr), 4]);
            out.extend_from_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            out.extend_from_slice(&[INET_6, bits, u8::from(is_cidr), 16]);
            out.extend_from_slice(&address.octets());
        }
    });
}

/// The fields of one row, in order; `None` is NULL.
#[derive(Debug, Clone)]
pub struct Fields<'r>(&'r [u8]);

impl<'r> Iterator for Fields<'r> {
    type Item = Option<&'r [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk()?;
        // A negative number is NULL.
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Some(None);
        };
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(field))
    }
}

/// The first row in `rows`, and the bytes behind it; `None` at the trailer, and if a part of the row is missing.
#[inline]
pub fn first_row(rows: &[u8]) -> Option<(Fields<'_>, &[u8])> {
    let (count, behind) = rows.split_first_chunk()?;
    // The trailer is a negative number.
    let count = usize::try_from(i16::from_be_bytes(*count)).ok()?;
    let mut fields = Fields(behind);
    for _ in 0..count {
        fields.next()?;
    }
    let rest = fields.0;
    Some((Fields(&behind[..behind.len() - rest.len()]), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let mut out = Vec::new();
        begin_row(&mut out, 3);
        push_int4(&mut out, -2);
        push_null(&mut out);
        push_bytes(&mut out, b"");
        let one_row = out.len();
        begin_row(&mut out, 0);
        out.extend_from_slice(&TRAILER);
        let (fields, behind) = first_row(&out).unwrap();
        let fields: Vec<_> = fields.collect();
        assert_eq!(fields, [Some(&[255, 255, 255, 254][..]), None, Some(&[][..])]);
        let (mut none, behind) = first_row(behind).unwrap();
        assert!(none.next().is_none());
        assert_eq!(behind, TRAILER);
        assert!(first_row(behind).is_none());
        for end in 0..one_row {
            assert!(first_row(&out[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn fields_have_the_length_of_what_was_pushed() {
        let mut out = Vec::new();
        begin_row(&mut out, 3);
        push_int4(&mut out, -2);
        push_with(&mut out, |out| out.extend_from_slice(b"abc"));
        push_jsonb(&mut out, |out| out.extend_from_slice(b"{}"));
        assert_eq!(out, b"\0\x03\0\0\0\x04\xff\xff\xff\xfe\0\0\0\x03abc\0\0\0\x03\x01{}");
    }

    #[test]
    fn a_part_is_what_its_bytes_are() {
        let bytes: Vec<u8> = (0..100).collect();
        for start in 0..=100 {
            for end in start..=100 {
                let (mut part, mut whole) = (vec![1], vec![1]);
                push_part(&mut part, &bytes, start, end);
                push_bytes(&mut whole, &bytes[start..end]);
                assert_eq!(part, whole, "{start}..{end}");
            }
        }
    }
}
