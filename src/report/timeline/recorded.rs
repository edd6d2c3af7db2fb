//! What was recorded of a run that has ended.

use super::lane::Micros;
use super::recorder::Recorder;
use super::samples::Samples;

/// What was recorded of a run.
#[derive(Debug)]
pub struct Recorded {
    /// Its steps and moments.
    pub recorder: Recorder,
    /// Its rows over time.
    pub samples: Samples,
    /// The database, in words.
    pub database: Option<String>,
    /// How long it took.
    pub took: Micros,
}
