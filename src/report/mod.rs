//! The output of a run: log lines and progress bars while it works, a summary or a JSON report at its end.

mod colour;
mod document;
pub mod guard;
pub mod log;
mod made;
mod numbers;
mod output;
pub mod page;
pub mod progress;
pub mod steps;
pub mod stopwatch;
mod summary;
mod table;
pub mod timeline;
pub mod unit;

pub use document::{AfterReport, Archived, Done, Report, RunStatus, SecondsIn, Started, Superseded};
pub use made::made_lines;
pub use numbers::{plural, seconds, size, some_of, thousands, to_the_second};
pub use output::{json, print};
pub use summary::{CUT, adjusted_in_words, summary};
pub use table::{Layout, table, wrapped};
pub use unit::{Totals, UnitReport, UnitStatus};
