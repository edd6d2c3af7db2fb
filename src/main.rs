//! The `pghaul` binary: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    pghaul::cli::main().into()
}
