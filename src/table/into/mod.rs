//! The table that a job's rows go to, which exists or is created, and how the rows become visible in it.
//!
//! ```text
//! config `into:` ─→ Destination ───→ TargetTable ─→ Stage ───→ publish: swap, or append, or upsert
//!                   (checked alone)  (checked with   (several    (one transaction, with the
//!                                     the database)   COPYs)      ledger row of the job)
//!                                         └───────→ Direct: COPY and upsert in one transaction
//! ```
//!
//! A job that publishes all rows at once:
//!
//! ```text
//! let destination = cfg.resolve()?;                                    // no database yet
//! let target = TargetTable::find(&mut client, &destination, None)?;    // or Some(columns), where the job knows them
//! let staging = target.stage(&mut client, Durability::UntilCrash)?;
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
mod table;

pub use direct::Direct;
pub use publish::{Durability, Stage};
pub use table::TargetTable;
