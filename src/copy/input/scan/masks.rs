//! 64 bytes compared at once: one bit of a mask for each.

use wide::{i8x16, u8x16};

/// Bytes that are compared at once: the bits of a mask.
pub const BLOCK: usize = 64;

/// One bit for every byte of a block.
pub struct Masks {
    /// For each needle: whether the byte equals it.
    pub needles: [u64; 4],
    /// Whether the byte is NUL or not ASCII.
    pub special: u64,
}

impl Masks {
    #[inline]
    /// The masks of a block, for these needles.
    pub fn of(block: &[u8; BLOCK], needles: [u8; 4]) -> Masks {
        let (vectors, _) = block.as_chunks::<16>();
        Masks {
            needles: needles.map(|needle| {
                let needle = u8x16::splat(needle);
                mask(vectors, |bytes| u8x16::new(bytes).simd_eq(needle).to_bitmask())
            }),
            // As signed numbers, ASCII characters without NUL are above zero.
            special: !mask(vectors, |bytes| {
                i8x16::new(bytes.map(u8::cast_signed)).simd_gt(i8x16::ZERO).to_bitmask()
            }),
        }
    }
}

#[inline(always)]
fn mask(vectors: &[[u8; 16]], bits: impl Fn([u8; 16]) -> u32) -> u64 {
    vectors.iter().enumerate().fold(0, |mask, (index, bytes)| mask | u64::from(bits(*bytes)) << (16 * index))
}

/// For each bit, whether the number of ones up to it, itself included, is odd.
#[inline]
pub fn parities(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
