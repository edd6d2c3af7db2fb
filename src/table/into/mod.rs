//! Where a job's rows go: a table that is there or is created, and how the rows become visible in it.
//!
//! ```text
//! config `into:` ─→ IntoTable ─────→ TargetTable ─→ Staging ─→ publish: swap, or append, or upsert
//!                   (checked alone)  (checked with   (several    (one transaction, with the
//!                                     the database)   COPYs)      ledger row of the job)
//!                                         └───────→ Direct: COPY and upsert in one transaction
//! ```
//!
//! A job that publishes everything at once:
//!
//! ```text
//! let into = IntoTable::resolve(&cfg)?;                      // no database yet
//! let target = into.find(&mut client, None)?;                // or Some(columns), where the job knows them
//! let staging = target.stage(&mut client, Kept::UntilCrash)?;
//! // each stream, on its own connection and thread:
//! let mut copy = ValueCopy::new(target.columns(), staging.table(), &connect);
//! let mut transaction = client.transaction()?;
//! copy.copy(&mut transaction, &batch, &rejects)?;            // as often as there are batches
//! rejects.sync()?;
//! transaction.commit()?;
//! // when all streams have committed:
//! let mut transaction = client.transaction()?;
//! target.publish(&staging, &mut transaction)?;
//! // … the job's ledger row, in the same transaction …
//! transaction.commit()?;
//! ```
//!
//! A job that commits piece by piece (not with `replace`) takes [`TargetTable::direct`] on each of its connections, copies
//! into [`Direct::table`], and calls [`Direct::finish`] before it commits.
//!
//! Runs that fill one target must exclude each other, by [`crate::pg::lock::exclusively`].

mod direct;
mod publish;
mod resolve;
mod table;

pub use direct::Direct;
pub use publish::{Kept, Stage};
pub use resolve::IntoTable;
pub use table::TargetTable;
