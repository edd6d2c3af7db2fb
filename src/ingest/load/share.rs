//! Which units all workers load together, one after another, before each takes units of its own.

/// Size from which a unit is worth several streams, bytes: they have to connect, and cannot write frozen rows.
pub const LARGE_BYTES: u64 = 64 << 20;

/// Takes the large units out of `units`. Where there are more `workers` than units, some workers would have nothing to do: then
/// a unit is large if it has at least `least` bytes, and more than an even share of all bytes for each worker. The order stays.
pub fn take_large<U>(units: &mut Vec<U>, bytes: impl Fn(&U) -> u64, workers: usize, least: u64) -> Vec<U> {
    if units.len() >= workers {
        return Vec::new();
    }
    let total: u128 = units.iter().map(|unit| u128::from(bytes(unit))).sum();
    let is_large = |unit: &mut U| {
        let bytes = bytes(unit);
        bytes >= least && u128::from(bytes) * workers as u128 > total
    };
    units.extract_if(.., is_large).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [u64; 0] = [];

    fn large(sizes: &[u64], workers: usize, least: u64) -> Vec<u64> {
        let mut others = sizes.to_vec();
        let large = take_large(&mut others, |bytes| *bytes, workers, least);
        assert_eq!(large.len() + others.len(), sizes.len());
        large
    }

    #[test]
    fn a_unit_alone_is_large_unless_there_is_one_worker() {
        assert_eq!(large(&[100], 2, 100), [100]);
        assert_eq!(large(&[100], 1, 100), NONE);
    }

    #[test]
    fn a_unit_that_outlasts_the_others_is_large() {
        assert_eq!(large(&[300, 40, 30, 30], 5, 10), [300]);
        assert_eq!(large(&[300, 300, 40, 30], 5, 10), [300, 300]);
    }

    #[test]
    fn where_every_worker_has_a_unit_none_is_large() {
        assert_eq!(large(&[300, 40, 30, 30], 4, 10), NONE);
        assert_eq!(large(&[100; 4], 4, 10), NONE);
        assert_eq!(large(&[], 4, 10), NONE);
    }

    #[test]
    fn small_units_are_not_large_and_no_size_overflows() {
        assert_eq!(large(&[99], 4, 100), NONE);
        assert_eq!(large(&[u64::MAX, u64::MAX], 3, 100), [u64::MAX; 2]);
    }
}
