//! The runs that are profiled: how many rows in how many seconds, as pghaul's own report says.

use cpu_time::ProcessTime;
use pghaul::{Error, Place, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Runs of one command.
#[derive(Debug)]
pub struct Runs {
    arguments: Vec<String>,
    report: PathBuf,
    least_processor: f64,
    started: ProcessTime,
    /// Runs so far.
    pub count: u32,
    /// Rows of all runs.
    pub rows: u64,
    /// Wall time of all runs, seconds.
    pub seconds: f64,
    /// Processor time of all threads, profiler included; seconds.
    pub processor: f64,
}

impl Runs {
    /// None yet; they are wanted until they have had `least_processor` seconds of processor time together. That is
    /// what samples are taken of: a run that waits for the server has few.
    ///
    /// # Errors
    /// Arguments without a report.
    pub fn new(arguments: Vec<String>, least_processor: f64) -> Result<Runs> {
        let report = arguments.iter().skip_while(|argument| *argument != "--report").nth(1);
        let report = report.ok_or_else(|| {
            Error::refused("no report to read rows and seconds from").remedy("add --report FILE")
        })?;
        Ok(Runs {
            report: PathBuf::from(report),
            arguments,
            least_processor,
            started: ProcessTime::now(),
            count: 0,
            rows: 0,
            seconds: 0.0,
            processor: 0.0,
        })
    }

    /// Whether there is to be one more.
    pub fn wanted(&self) -> bool {
        self.count == 0 || self.processor < self.least_processor
    }

    /// Counts a run that has ended just now.
    ///
    /// # Errors
    /// A report that cannot be read; one without a row, which says nothing about the time that a row takes.
    pub fn add(&mut self) -> Result<()> {
        let (rows, seconds) = numbers(&self.report)
            .map_err(|what| Error::failed(what).at(Place::file(self.report.display().to_string())))?;
        self.count += 1;
        self.rows += rows;
        self.seconds += seconds;
        self.processor = self.started.elapsed().as_secs_f64();
        Ok(())
    }

    /// What was run, as a user would type it.
    pub fn command(&self) -> String {
        format!("pghaul {}", self.arguments.join(" "))
    }

    /// Rows per second of wall time.
    pub fn rows_per_second(&self) -> f64 {
        self.rows as f64 / self.seconds
    }
}

fn numbers(report: &Path) -> Result<(u64, f64), String> {
    let text = std::fs::read_to_string(report).map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match (report["totals"]["rows_loaded"].as_u64(), report["seconds"].as_f64()) {
        (Some(rows @ 1..), Some(seconds)) if seconds > 0.0 => Ok((rows, seconds)),
        _ => Err("reports no rows".to_owned()),
    }
}
