//! Finding the bytes that may end a field or a row, 64 at a time.
//!
//! Fields are short, so a search that starts anew at each costs more than the bytes themselves. Here 64 bytes are compared
//! at once, and the answers kept as a mask, from which one place after the other is taken.

use wide::u8x16;

/// Bytes that are compared at once: the bits of a mask.
const BLOCK: usize = 64;

/// The places of three bytes in a text, in order.
#[derive(Debug, Clone)]
pub struct Places<'b> {
    bytes: &'b [u8],
    needles: [u8; 3],
    /// Where the block begins that `mask` is about.
    block: usize,
    /// The places of this block that were not yet given.
    mask: u64,
}

impl<'b> Places<'b> {
    /// The places of `needles` in `bytes`.
    pub fn new(bytes: &'b [u8], needles: [u8; 3]) -> Self {
        let mut places = Places { bytes, needles, block: 0, mask: 0 };
        places.mask = places.mask_of(0);
        places
    }

    fn mask_of(&self, block: usize) -> u64 {
        let rest = &self.bytes[block..];
        match rest.first_chunk() {
            Some(whole) => mask(whole, self.needles),
            None => {
                let mut padded = [0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                // What was padded is no place, even if zero is looked for.
                mask(&padded, self.needles) & ((1 << rest.len()) - 1)
            }
        }
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            if self.block + BLOCK >= self.bytes.len() {
                return None;
            }
            self.block += BLOCK;
            self.mask = self.mask_of(self.block);
        }
        let place = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(place)
    }
}

/// A bit for every byte that is one of `needles`.
#[inline]
fn mask(block: &[u8; BLOCK], needles: [u8; 3]) -> u64 {
    let [a, b, c] = needles.map(u8x16::splat);
    let (vectors, _) = block.as_chunks();
    vectors.iter().enumerate().fold(0, |mask, (index, bytes)| {
        let bytes = u8x16::new(*bytes);
        let found = bytes.simd_eq(a) | bytes.simd_eq(b) | bytes.simd_eq(c);
        mask | u64::from(found.to_bitmask()) << (16 * index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expected(bytes: &[u8], needles: [u8; 3]) -> Vec<usize> {
        (0..bytes.len()).filter(|at| needles.contains(&bytes[*at])).collect()
    }

    #[test]
    fn places_at_the_edges_of_blocks() {
        for length in [0, 1, 63, 64, 65, 127, 128, 129] {
            let text = vec![b'|'; length];
            assert_eq!(Places::new(&text, *b"|`\n").count(), length);
            let text = vec![0; length];
            assert_eq!(Places::new(&text, [0, 1, 2]).count(), length);
            assert_eq!(Places::new(&text, *b"|`\n").next(), None);
        }
    }

    proptest! {
        #[test]
        fn all_places_and_no_others(bytes in prop::collection::vec(prop::sample::select(b"a|`\n\x00\xff".to_vec()), 0..300)) {
            for needles in [*b"|`\n", [0, 0xff, b'a']] {
                prop_assert_eq!(Places::new(&bytes, needles).collect::<Vec<_>>(), expected(&bytes, needles));
            }
        }
    }
}
