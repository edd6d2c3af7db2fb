//! Many tables in one run: those of a schema, or of several jobs. They share the workers, and each worker has a connection to each
//! side, which one table after the other uses.

mod link;
mod once;
mod schedule;
mod tables;
mod watch;
mod watched;

pub use once::{Runs, once};
pub use watch::watch;
