//! What the integration tests share: a real PostgreSQL server ([`server`], [`Server`], [`Database`]), running the
//! binary ([`pghaul!`], [`Pghaul`], [`Workdir`], [`Running`]), dumps ([`Dump`]), GnuPG
//! ([`Gpg`]), runs of `pghaul ingest` on them ([`ingest!`], [`Ingest`]), and what other jobs read ([`fetch!`], [`drain!`]).
//!
//! Tests of `ingest` begin with a [`case!`]: a folder for dumps, and a database to load them into.
//!
//! A package of its own, so that no test binary compiles helpers that it does not call.

mod binary;
mod cache;
mod certificates;
mod drain;
mod dump;
#[rustfmt::skip] // long lists, which it would write one value a line
#[expect(missing_docs, reason = "each is named after its type")]
pub mod families;
pub mod fetch;
mod fixtures;
mod gpg;
mod ingest;
mod mariadb;
mod pgbouncer;
mod proxy;
mod running;
mod screen;
mod server;
mod source;
mod terminal;
mod wait;
mod watchdog;

pub use binary::{Pghaul, Run, Workdir, names};
pub use cache::{Gateway, RedisCluster, RedisServer, Writer, Written};
pub use certificates::Authority;
pub use drain::{Drain, JOB, REPLICA};
pub use dump::{Dump, Encryption, descriptor, member};
pub use fixtures::{Case, Outcome, repository, write_dump};
pub use gpg::Gpg;
pub use ingest::{GOOD_TABLE, Ingest, messages, says};
pub use mariadb::MariaDb;
pub use pgbouncer::PgBouncer;
pub use proxy::{Fault, Proxy};
pub use running::{Memory, Running};
pub use screen::{Screen, Shown};
pub use server::{Database, IN_COPY, OTHERS, SUPERUSER, Server, ServerOptions, SmallDisk, pg_bin, server};
pub use source::{files_below, literals_of, source_literals};
pub use terminal::on_a_terminal;
pub use wait::wait_for;

/// The built `pghaul` binary, to be run in a [`Workdir`]: `pghaul!(work).args(["db", "status"]).run()`.
///
/// A macro, since only the test's own crate knows where the binary is.
#[macro_export]
macro_rules! pghaul {
    ($work:expr) => {
        $crate::Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &$work)
    };
}

/// `pghaul ingest` with a folder of dumps and a database of its own: `ingest!().refused()`.
#[macro_export]
macro_rules! ingest {
    () => {
        $crate::Ingest::new(env!("CARGO_BIN_EXE_pghaul"))
    };
}

/// A fresh [`Case`].
#[macro_export]
macro_rules! case {
    () => {
        $crate::Case::new(env!("CARGO_BIN_EXE_pghaul"))
    };
}

/// `pghaul fetch` with an API of this kind and a database of its own: `fetch!(Options::default()).run(&[], 0)`.
#[macro_export]
macro_rules! fetch {
    ($options:expr) => {
        $crate::fetch::Fetch::new(env!("CARGO_BIN_EXE_pghaul"), $options)
    };
}

/// `pghaul drain` with a Redis and a database of its own: `drain!().drains()`. Lines for Redis's configuration may be given.
#[macro_export]
macro_rules! drain {
    ($($setting:expr),*) => {
        $crate::Drain::new(env!("CARGO_BIN_EXE_pghaul"), &[$($setting),*])
    };
}
