//! Progress bars by bytes, on a terminal only.

use super::log::{Verbosity, bars};
use super::summary::plural;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// The bar of a whole run: bytes done, rate, and remaining time.
const TOTAL_STYLE: &str =
    "{prefix:.bold} [{wide_bar}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left";
/// The bar of records that are made: how many, how many per second, and remaining time.
const RECORDS_STYLE: &str = "{prefix:.bold} [{wide_bar}] {human_pos}/{human_len} {per_sec} {eta} left";
/// The bar of one unit.
const UNIT_STYLE: &str = "{prefix} [{wide_bar}] {binary_bytes}/{binary_total_bytes}";

/// The bars of one run.
#[derive(Debug)]
pub struct Progress {
    total: ProgressBar,
}

/// The bar of one unit; it goes away when dropped.
#[derive(Debug)]
pub struct UnitProgress {
    unit: ProgressBar,
    total: ProgressBar,
}

impl Progress {
    /// Begins to show the progress of `units` units with `bytes` bytes in all, if standard error is a terminal.
    pub fn new(verbosity: Verbosity, units: usize, bytes: u64) -> Progress {
        hide_unless(verbosity != Verbosity::Quiet);
        let total = bars().add(ProgressBar::new(bytes).with_style(style(TOTAL_STYLE)));
        total.set_prefix(format!("{units} {}", plural(units as u64, "unit")));
        Progress { total }
    }

    /// Begins to show how many of `count` records, which are `what`, are made; if standard error is a terminal, and
    /// `in_use` does not say that the records go there too.
    pub fn records(verbosity: Verbosity, what: &'static str, count: u64, in_use: bool) -> Progress {
        hide_unless(verbosity != Verbosity::Quiet && !in_use);
        let total = bars().add(ProgressBar::new(count).with_style(style(RECORDS_STYLE)));
        total.set_prefix(what);
        Progress { total }
    }

    /// `records` more are made.
    pub fn advance(&self, records: u64) {
        self.total.inc(records);
    }

    /// Adds a bar for a unit of `bytes` bytes.
    pub fn unit(&self, name: &str, bytes: u64) -> UnitProgress {
        let bar = ProgressBar::new(bytes).with_style(style(UNIT_STYLE)).with_prefix(name.to_owned());
        UnitProgress { unit: bars().insert_before(&self.total, bar), total: self.total.clone() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

impl UnitProgress {
    /// `bytes` more were read.
    pub fn advance(&self, bytes: u64) {
        self.unit.inc(bytes);
        self.total.inc(bytes);
    }
}

impl Drop for UnitProgress {
    fn drop(&mut self) {
        self.unit.finish_and_clear();
    }
}

fn hide_unless(wanted: bool) {
    if !wanted || !std::io::stderr().is_terminal() {
        bars().set_draw_target(ProgressDrawTarget::hidden());
    }
}

fn style(template: &str) -> ProgressStyle {
    // Only a template that cannot be parsed makes this fail; the default bar is better than none.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
