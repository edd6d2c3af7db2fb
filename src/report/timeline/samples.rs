//! The rows of a run over time.

use super::lane::Micros;

/// The most samples. When there are more, every second one goes, and the next ones come half as often.
const MOST_SAMPLES: usize = 400;
/// The time between the first samples, in microseconds.
const FIRST_GAP: Micros = 20_000;

/// How many rows there were when.
#[derive(Debug)]
pub struct Samples {
    seen: Vec<(Micros, u64)>,
    gap: Micros,
}

impl Default for Samples {
    fn default() -> Samples {
        Samples { seen: vec![(0, 0)], gap: FIRST_GAP }
    }
}

impl Samples {
    /// The time until the next sample.
    pub fn gap(&self) -> Micros {
        self.gap
    }

    /// Adds the number of all rows so far.
    pub fn add(&mut self, at: Micros, rows: u64) {
        self.seen.push((at, rows));
        if self.seen.len() > MOST_SAMPLES {
            let mut number = 0;
            self.seen.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.gap *= 2;
        }
    }

    /// Rows per second, in so many parts of the time until `end` of equal length. No part is shorter than the samples are apart.
    pub fn rates(&self, parts: usize, end: Micros) -> Vec<f64> {
        let most = usize::try_from(end / self.gap).unwrap_or(usize::MAX);
        let parts = parts.min(most).max(1);
        let border = |number: usize| end as f64 * number as f64 / parts as f64;
        (0..parts)
            .map(|part| {
                let (from, to) = (border(part), border(part + 1));
                let rows = self.rows_at(to) - self.rows_at(from);
                if to > from { (rows * 1e6 / (to - from)).max(0.0) } else { 0.0 }
            })
            .collect()
    }

    /// The rows at a moment, on a line between the samples around it.
    fn rows_at(&self, at: f64) -> f64 {
        let next = self.seen.partition_point(|(when, _)| (*when as f64) < at);
        let Some(&(to, after)) = self.seen.get(next) else {
            return self.seen.last().map_or(0.0, |(_, rows)| *rows as f64);
        };
        let (from, before) = if next == 0 { (0, 0) } else { self.seen[next - 1] };
        let share = if to > from { (at - from as f64) / (to - from) as f64 } else { 1.0 };
        before as f64 + share * (after as f64 - before as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_of_all_parts_make_up_all_rows() {
        let mut samples = Samples::default();
        let (mut at, mut rows) = (0, 0);
        while at < 3_600_000_000 {
            at += samples.gap();
            rows += samples.gap() / 1000 * if at < 1_800_000_000 { 2 } else { 1 };
            samples.add(at, rows);
        }
        assert!(samples.seen.len() <= MOST_SAMPLES);
        let rates = samples.rates(100, at);
        assert_eq!(rates.len(), 100);
        let sum: f64 = rates.iter().sum::<f64>() * (at as f64 / 1e6 / 100.0);
        assert!((sum - rows as f64).abs() < rows as f64 / 1e4, "{sum} {rows}");
        assert!((rates[10] - 2000.0).abs() < 50.0 && (rates[90] - 1000.0).abs() < 50.0, "{rates:?}");
    }

    #[test]
    fn a_run_that_is_shorter_than_a_sample_has_one_rate() {
        let mut samples = Samples::default();
        samples.add(10_000, 5);
        assert_eq!(samples.rates(100, 10_000), [500.0]);
        assert_eq!(Samples::default().rates(100, 0), [0.0]);
    }
}
