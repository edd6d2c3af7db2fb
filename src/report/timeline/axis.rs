//! The axis of time, and times in words.

use super::lane::Micros;

/// Ticks of the axis, at most; more would touch each other on a telephone.
const MOST_TICKS: u64 = 5;

/// A moment on the axis.
#[derive(Debug)]
pub struct Tick {
    /// Where it is, percent.
    pub x: String,
    /// The time.
    pub text: String,
}

/// The time of the whole picture.
pub struct Scale(pub Micros);

impl Scale {
    /// Where a moment is, percent.
    pub fn percent(&self, time: Micros) -> f64 {
        (time as f64 * 100.0 / self.0 as f64).min(100.0)
    }

    /// The same as text.
    pub fn text(&self, time: Micros) -> String {
        format!("{:.2}", self.percent(time))
    }
}

/// Ticks at round times, a few of them.
pub fn ticks(scale: &Scale) -> Vec<Tick> {
    let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].map(|ms| ms * 1000);
    let seconds = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200];
    let all = steps.into_iter().chain(seconds.map(|seconds: Micros| seconds * 1_000_000));
    let day = 86_400_000_000;
    let longer = day * (scale.0 / (day * MOST_TICKS) + 1);
    let step = all.chain([longer]).find(|step| scale.0 / step <= MOST_TICKS).unwrap_or(longer);
    let tick = |number: Micros| {
        let at = number * step;
        // The last one would not fit beside the edge.
        (scale.percent(at) <= 93.0).then(|| Tick { x: scale.text(at), text: time(at) })
    };
    (0..=scale.0 / step).filter_map(tick).collect()
}

/// A time for people: `530 ms`, `5.3 s`, `3 min 5 s`, `2 h 5 min`.
pub fn time(micros: Micros) -> String {
    let (millis, seconds) = (micros / 1000, micros / 1_000_000);
    match micros {
        0 => "0 s".to_owned(),
        1..10_000 if !micros.is_multiple_of(1000) => format!("{:.1} ms", micros as f64 / 1000.0),
        1..1_000_000 => format!("{millis} ms"),
        1_000_000..60_000_000 if micros.is_multiple_of(1_000_000) => format!("{seconds} s"),
        1_000_000..60_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        _ => {
            let (large, small, words) = match seconds {
                ..3600 => (seconds / 60, seconds % 60, ("min", "s")),
                3600..86_400 => (seconds / 3600, seconds % 3600 / 60, ("h", "min")),
                _ => (seconds / 86_400, seconds % 86_400 / 3600, ("d", "h")),
            };
            match small {
                0 => format!("{large} {}", words.0),
                _ => format!("{large} {} {small} {}", words.0, words.1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_a_few_round_times_however_long_the_run_was() {
        let axis = |took| {
            let texts: Vec<String> = ticks(&Scale(took)).into_iter().map(|tick| tick.text).collect();
            texts.join(", ")
        };
        assert_eq!(axis(4200), "0 s, 1 ms, 2 ms, 3 ms");
        assert_eq!(axis(1_700_000), "0 s, 500 ms, 1 s, 1.5 s");
        assert_eq!(axis(3_700_000_000), "0 s, 20 min, 40 min");
        assert_eq!(axis(86_400_000_000 * 40), "0 s, 9 d, 18 d, 27 d, 36 d");
        assert_eq!(axis(1), "0 s");
    }

    #[test]
    fn times_are_short() {
        let times = [0, 40, 9_900, 530_000, 5_340_000, 185_000_000, 7_500_000_000, 90_000_000_000];
        let words = ["0 s", "0.0 ms", "9.9 ms", "530 ms", "5.3 s", "3 min 5 s", "2 h 5 min", "1 d 1 h"];
        assert_eq!(times.map(time), words);
    }
}
