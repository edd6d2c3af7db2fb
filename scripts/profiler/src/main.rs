//! Runs pghaul, with the arguments of its own, under a sampling profiler. For `scripts/profile`.
//!
//! | environment variable | meaning |
//! | --- | --- |
//! | `PGHAUL_PROFILE` | where the profile goes: `.txt` and `.svg` are added; without it this is plain pghaul |
//! | `PGHAUL_PROFILE_SECONDS` | the command is repeated until it has had so much processor time; default: 0, one run |
//! | `PGHAUL_PROFILE_COMMIT` | what was built, for the head of the text |
//!
//! The arguments must name a `--report FILE`: rows and seconds are read from it.

mod functions;
mod run;
mod sample;
mod text;

use pghaul::exit::Exit;
use pghaul::{Error, Place, Result};
use run::Runs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Samples per second of processor time that are asked for; a prime number, so that nothing runs in step with it. Most
/// kernels give 100 to 1000.
const FREQUENCY_HZ: i32 = 997;

fn main() -> ExitCode {
    let Some(path) = std::env::var_os("PGHAUL_PROFILE") else {
        return pghaul::cli::main().into();
    };
    match profile(Path::new(&path)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            for message in error.messages() {
                eprintln!("error: {message}");
            }
            error.exit().into()
        }
    }
}

fn profile(path: &Path) -> Result<Exit> {
    let mut runs = Runs::new(std::env::args().skip(1).collect(), least_seconds()?)?;
    let profiler = pprof::ProfilerGuard::new(FREQUENCY_HZ).map_err(failed)?;
    while runs.wanted() {
        let exit = pghaul::cli::main();
        if exit != Exit::Loaded {
            return Ok(exit);
        }
        runs.add()?;
    }
    let samples = sample::all(&profiler.report().build().map_err(failed)?);
    drop(profiler);
    if samples.is_empty() {
        return Err(Error::failed("not one sample was taken").remedy("make more rows"));
    }
    write(&with_extension(path, "txt"), text::text(&runs, &samples).as_bytes())?;
    write(&with_extension(path, "svg"), &sample::flame_graph(&runs.command(), &samples)?)?;
    Ok(Exit::Loaded)
}

/// `Path::with_extension` would take what follows a dot in the name for one.
fn with_extension(path: &Path, extension: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(extension);
    path.into()
}

fn least_seconds() -> Result<f64> {
    match std::env::var("PGHAUL_PROFILE_SECONDS") {
        Ok(text) => {
            text.parse().map_err(|_| Error::refused(format!("PGHAUL_PROFILE_SECONDS is no number: {text}")))
        }
        Err(_) => Ok(0.0),
    }
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).map_err(|error| failed(error).at(Place::file(path.display().to_string())))
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::failed(error.to_string())
}
