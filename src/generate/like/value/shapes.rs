//! Types whose values are neither numbers nor plain texts.

use crate::generate::random::mixed;
use crate::generate::text::{push_hex, push_ipv4, push_ipv6, push_long_number, push_mac, push_uuid};

/// A form of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the names are those of PostgreSQL's types, and of well-known extensions' types"
)]
pub enum Shape {
    Uuid,
    Inet,
    Cidr,
    MacAddr,
    MacAddr8,
    Json,
    Xml,
    Point,
    Line,
    Lseg,
    Box,
    Path,
    Polygon,
    Circle,
    TsVector,
    TsQuery,
    PgLsn,
    Tid,
    Snapshot,
    JsonPath,
    HStore,
    LTree,
    Cube,
    Geometry,
    /// pgvector's, with so many dimensions.
    Vector(u32),
}

/// Positions of a number that is exact in a `double precision`, and that `push_mac` has room for.
const MANY: u64 = 1 << 46;

impl Shape {
    /// The number of different values.
    pub fn choices(self) -> u64 {
        match self {
            Shape::Uuid | Shape::Json | Shape::Xml | Shape::PgLsn | Shape::MacAddr8 => i64::MAX as u64,
            // 10.0.0.0/8, then 2001:db8::/32, which is for documentation (RFC 3849).
            Shape::Inet => MANY,
            // Networks of 256 addresses within 10.0.0.0/8.
            Shape::Cidr => 1 << 16,
            Shape::Tid => 1 << 32,
            _ => MANY,
        }
    }

    /// Appends the value at a position, as the type's input function reads it.
    pub fn push(self, out: &mut Vec<u8>, position: u64) {
        match self {
            // A random UUID (RFC 9562, section 5.4). Its halves are two scrambled forms of the position, so 122 bits tell.
            Shape::Uuid => {
                let high = mixed(position) & !0xf000 | 0x4000;
                let low = mixed(!position) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
                push_uuid(out, &(u128::from(high) << 64 | u128::from(low)).to_be_bytes());
            }
            Shape::Inet => match u32::try_from(position) {
                Ok(small) if small < 1 << 24 => {
                    let [_, b, c, d] = small.to_be_bytes();
                    push_ipv4(out, [10, b, c, d]);
                }
                _ => {
                    let address = (0x2001_0db8_u128 << 96) | u128::from(position);
                    push_ipv6(out, &address.to_be_bytes());
                }
            },
            Shape::Cidr => {
                let [_, _, _, _, _, _, b, c] = position.to_be_bytes();
                push_ipv4(out, [10, b, c, 0]);
                out.extend_from_slice(b"/24");
            }
            Shape::MacAddr => {
                let [_, _, a, b, c, d, e, f] = position.to_be_bytes();
                // Locally administered; positions have 46 bits.
                push_mac(out, [a << 2 | 0x02, b, c, d, e, f]);
            }
            Shape::MacAddr8 => {
                for (number, byte) in position.to_be_bytes().into_iter().enumerate() {
                    if number > 0 {
                        out.push(b':');
                    }
                    push_hex(out, byte);
                }
            }
            Shape::Json => {
                framed(out, b"{\"id\": ", position, b", \"active\": true, \"tags\": [\"a\", \"b\"]}")
            }
            Shape::Xml => framed(out, b"<item id=\"", position, b"\"/>"),
            Shape::JsonPath => framed(out, b"$.\"a", position, b"\""),
            Shape::HStore => framed(out, b"\"id\"=>\"", position, b"\""),
            Shape::LTree => framed(out, b"top.n", position, b".leaf"),
            Shape::Point => framed(out, b"(", position, b",1)"),
            Shape::Cube => framed(out, b"(", position, b",1)"),
            Shape::Line => framed(out, b"{1,2,", position, b"}"),
            Shape::Lseg => framed(out, b"[(0,0),(", position, b",1)]"),
            Shape::Box => framed(out, b"(", position + 1, b",1),(0,0)"),
            Shape::Path => framed(out, b"[(0,0),(", position, b",1)]"),
            Shape::Polygon => framed(out, b"((0,0),(", position, b",1),(1,0))"),
            Shape::Circle => framed(out, b"<(", position, b",1),2>"),
            Shape::TsVector => framed(out, b"'w", position, b"':1 'word':2"),
            Shape::TsQuery => framed(out, b"'w", position, b"' & 'word'"),
            Shape::Geometry => {
                // Degrees: within 180 and 90.
                let [east, north] = [position % 360_000, position / 360_000 % 180_000];
                let degree = |out: &mut Vec<u8>, thousandths: u64, zero: u64| {
                    out.extend_from_slice(
                        format!("{:.3}", thousandths as f64 / 1000.0 - zero as f64).as_bytes(),
                    );
                };
                out.extend_from_slice(b"POINT(");
                degree(out, east, 180);
                out.push(b' ');
                degree(out, north, 90);
                out.push(b')');
            }
            Shape::Vector(dimensions) => {
                out.push(b'[');
                push_long_number(out, position);
                for number in 1..dimensions {
                    out.extend_from_slice(b",0.");
                    push_long_number(out, mixed(position ^ u64::from(number)) % 1000);
                }
                out.push(b']');
            }
            Shape::PgLsn => {
                out.extend_from_slice(format!("{:X}/{:X}", position >> 32, position as u32).as_bytes());
            }
            Shape::Tid => {
                out.extend_from_slice(format!("({},{})", position >> 16, position as u16).as_bytes());
            }
            Shape::Snapshot => {
                let first = position + 10;
                out.extend_from_slice(format!("{first}:{}:{first}", first + 5).as_bytes());
            }
        }
    }
}

fn framed(out: &mut Vec<u8>, before: &[u8], number: u64, behind: &[u8]) {
    out.extend_from_slice(before);
    push_long_number(out, number);
    out.extend_from_slice(behind);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn positions_give_different_values() {
        for shape in [
            Shape::Uuid,
            Shape::Inet,
            Shape::Cidr,
            Shape::MacAddr,
            Shape::MacAddr8,
            Shape::Json,
            Shape::Geometry,
        ] {
            let text = |position| {
                let mut out = Vec::new();
                shape.push(&mut out, position);
                out
            };
            let last = shape.choices() - 1;
            let texts: HashSet<Vec<u8>> = (0..2000).chain([last]).map(text).collect();
            assert_eq!(texts.len(), 2001, "{shape:?}");
        }
    }
}
