//! Places in a data file that consists of several files, its parts.
//!
//! The places of all parts must have one order, and each part has lines and bytes of its own. So the numbers of each part begin where
//! no part before it can end, and what lies between the reader and the report of a place need not know of parts.

use super::batch::Origin;

/// By how much the numbers of two neighbouring parts differ.
const SPAN: u64 = 1 << 44;

/// The most parts of a data file.
pub const MAX_PARTS: usize = (u64::MAX / SPAN) as usize;

/// The largest part, bytes. Decoding makes up to three bytes of one.
pub const MAX_PART_BYTES: u64 = SPAN / 4;

impl Origin {
    /// This place of part `number`, counted from 0, as a place of the whole data file.
    pub fn in_part(self, number: usize) -> Origin {
        let before = number as u64 * SPAN;
        Origin { line: self.line + before, offset: self.offset + before }
    }
}

/// The part that a line or an offset of the whole data file lies in, counted from 0, and the line or offset there.
pub fn split(number: u64) -> (usize, u64) {
    ((number / SPAN) as usize, number % SPAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_lines_and_offsets_of_its_own_and_all_have_one_order() {
        let last = Origin { line: MAX_PART_BYTES, offset: 3 * MAX_PART_BYTES };
        let first = Origin { line: 1, offset: 0 };
        for part in [0, 1, 7, MAX_PARTS - 1] {
            let (begin, end) = (first.in_part(part), last.in_part(part));
            assert_eq!((split(begin.line), split(begin.offset)), ((part, 1), (part, 0)));
            assert_eq!(split(end.line), (part, last.line));
            assert_eq!(split(end.offset), (part, last.offset));
            let next = first.in_part(part + 1);
            assert!(end.line < next.line && end.offset < next.offset);
        }
        assert_eq!(first.in_part(0), first);
    }
}
