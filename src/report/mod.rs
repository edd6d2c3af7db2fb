//! What a run tells: log lines and progress bars while it works, a summary table or a JSON report at its end.

mod document;
pub mod log;
mod made;
mod numbers;
mod output;
pub mod progress;
pub mod steps;
mod summary;
mod table;
mod unit;

pub use document::{AfterReport, Archived, Done, Report, RunStatus, Started};
pub use made::made;
pub use numbers::{plural, seconds, size, thousands};
pub use output::print;
pub use summary::summary;
pub use table::table;
pub use unit::{Totals, UnitReport, UnitStatus};
