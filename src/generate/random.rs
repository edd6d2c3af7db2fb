//! Random numbers that depend on a seed and a record's index alone.
//!
//! Each seed has one sequence of numbers, that of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
//! Generators", 2014). Its n-th number is a function of n, so any record can be made without those before it: record
//! i takes the numbers from `i * DRAWS_PER_RECORD` on. The number of workers makes no difference.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Numbers of each record; a power of two that no record comes near.
const DRAWS_PER_RECORD: u64 = 256;

/// The number that SplitMix64 adds to its state each time: 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The seed of a whole set of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

/// The numbers of one record.
#[derive(Debug)]
pub struct Random(SplitMix64);

impl Seed {
    /// The seed for the number of `--seed`. Similar numbers give unrelated seeds.
    pub fn new(seed: u64) -> Seed {
        Seed(mixed(seed))
    }

    /// The seed of the part `name`, such as a version or a table.
    pub fn part(self, name: &str) -> Seed {
        Seed(name.bytes().fold(self.0, |state, byte| mixed(state ^ u64::from(byte))))
    }

    /// The numbers of record `index`.
    pub fn record(self, index: u64) -> Random {
        let state = index.wrapping_mul(DRAWS_PER_RECORD).wrapping_mul(GAMMA).wrapping_add(self.0);
        Random(SplitMix64::from_seed(state.to_le_bytes()))
    }
}

/// Another number for each number: similar ones give unrelated ones.
#[inline]
pub fn mixed(number: u64) -> u64 {
    SplitMix64::from_seed(number.to_le_bytes()).next_u64()
}

impl Random {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to, but without, `limit`. All are equally likely, but for one part in 2^32 / `limit`.
    #[inline]
    pub fn below(&mut self, limit: u32) -> u32 {
        // The upper half of a product of 32 bits by 32 bits has 32 bits.
        (((self.bits() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// A number from `first` to `last`, both included.
    #[inline]
    pub fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last - first + 1)
    }

    /// True once in `times`.
    #[inline]
    pub fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`, which are not empty and fewer than 2^32.
    #[inline]
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.choose(choices)
    }

    /// As [`Random::pick`], for choices that are no copies.
    #[inline]
    pub fn choose<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len() as u32) as usize]
    }

    /// 16 random bytes.
    #[inline]
    pub fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.bits()) << 64 | u128::from(self.bits())).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first two for the state 1234567, from the authors' reference implementation.
        let mut random = Random(SplitMix64::from_seed(1_234_567_u64.to_le_bytes()));
        assert_eq!([random.bits(), random.bits()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn a_record_goes_on_where_the_one_before_it_ends() {
        let mut first = Seed::new(7).record(0);
        for _ in 0..DRAWS_PER_RECORD {
            first.bits();
        }
        assert_eq!(first.bits(), Seed::new(7).record(1).bits());
    }

    #[test]
    fn seeds_parts_and_records_have_nothing_in_common() {
        let seeds = [Seed::new(0), Seed::new(1), Seed::new(0).part("v1"), Seed::new(0).part("v2")];
        let numbers: HashSet<u64> =
            seeds.iter().flat_map(|seed| (0..1000).map(|index| seed.record(index).bits())).collect();
        assert_eq!(numbers.len(), 4000);
    }

    #[test]
    fn numbers_are_spread_evenly_within_their_limits() {
        let mut counts = [0_u32; 83];
        for index in 0..83_000 {
            counts[Seed::new(3).record(index).between(18, 100) as usize - 18] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
