//! The profile as text: a head, then the hottest functions, twice.

use crate::functions::{Function, functions};
use crate::run::Runs;
use crate::sample::Sample;
use std::cmp::Reverse;
use std::fmt::Write;

/// Functions in each table.
const HOTTEST: usize = 40;

/// The whole text. `scripts/profile` reads the line `rows per second:` again.
pub fn text(runs: &Runs, samples: &[Sample]) -> String {
    let count: u64 = samples.iter().map(|sample| sample.count).sum();
    let mut text = head(runs, count);
    let mut functions = functions(samples);
    for (order, key) in [("self", own as fn(&Function<'_>) -> u64), ("total", total)] {
        functions.sort_by_key(|function| Reverse(key(function)));
        let _ = write!(text, "\nHottest functions by {order} time\n\n{}", table(&functions, count, runs));
    }
    text
}

fn own(function: &Function<'_>) -> u64 {
    function.own
}

fn total(function: &Function<'_>) -> u64 {
    function.total
}

fn head(runs: &Runs, samples: u64) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let lines = [
        ("command", runs.command()),
        ("date", jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S %:z").to_string()),
        ("commit", std::env::var("PGHAUL_PROFILE_COMMIT").unwrap_or_else(|_| "unknown".to_owned())),
        ("cores", cores.to_string()),
        ("runs", runs.count.to_string()),
        ("seconds", format!("{:.3} (wall time, all runs)", runs.seconds)),
        ("processor seconds", format!("{:.3} (all threads)", runs.processor)),
        ("rows", runs.rows.to_string()),
        ("rows per second", format!("{:.1}", runs.rows_per_second())),
        ("samples", samples.to_string()),
    ];
    lines.iter().fold(String::new(), |head, (name, value)| head + &format!("{name}: {value}\n"))
}

/// Seconds are shares of the processor time that was measured: how many samples a second has is the kernel's choice.
fn table(functions: &[Function<'_>], samples: u64, runs: &Runs) -> String {
    let share = |count: u64| count as f64 / samples as f64;
    let mut table = format!("{:>7} {:>9} {:>8} {:>9}  function\n", "self %", "self s", "total %", "total s");
    for function in functions.iter().take(HOTTEST) {
        let [own, total] = [function.own, function.total].map(share);
        let _ = writeln!(
            table,
            "{:7.1} {:9.3} {:8.1} {:9.3}  {}",
            own * 100.0,
            own * runs.processor,
            total * 100.0,
            total * runs.processor,
            function.name
        );
    }
    table
}
