//! A mother that is made anew, by `--mothers recreate`: when all her versions are loaded into tables that nobody sees, one
//! transaction drops what is there and puts them in its place. Until then, and if one of them cannot be loaded, nothing of
//! her changes.

use super::one;
use super::stage::Staged;
use super::swap::rename_statement;
use crate::Result;
use crate::ingest::plan::changes::Create;
use crate::ingest::plan::drop::{self, Drop};
use crate::ingest::plan::unit::Unit;
use crate::pg::ident::Qualified;
use crate::pg::lock::{self, Turn};
use crate::run::interrupt;
use crate::table::staging::Staging;
use postgres::{Client, Transaction};

/// A mother, as she is and as she will be.
#[derive(Debug)]
pub struct Recreation {
    drop: Drop,
    create: Create,
}

/// The advisory lock of all that is loaded into the mother: one load beside the other holds it, or one recreation alone.
pub fn lock_name(mother: &Qualified) -> String {
    format!("the versions of {mother}")
}

impl Recreation {
    /// Of a mother that is there and has versions to load.
    pub fn new(drop: Drop, create: Create) -> Recreation {
        Recreation { drop, create }
    }

    /// The mother.
    pub fn mother(&self) -> &Qualified {
        self.drop.mother()
    }

    /// The statements, with a comment.
    pub fn planned(&self) -> Vec<String> {
        let when = "-- in one transaction, when the versions below are loaded under other names:\n";
        vec![format!("{when}{}", self.drop.planned()), self.create.statement().to_owned()]
    }

    /// Drops what is there, creates the new mother, and takes it all back: what would stop that is better found now than when
    /// all is loaded.
    ///
    /// # Errors
    /// What is in the way; what the server reports.
    pub fn try_out(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let mut trial = transaction.transaction()?;
        self.replace(&[], &mut trial)?;
        Ok(trial.rollback()?)
    }

    /// Puts the new mother with these versions, which are all that she has, in the place of what is there. Does nothing where
    /// an earlier try has, which did not learn of it.
    ///
    /// # Errors
    /// What has come into the way since the run began; rows that are lost; those who use the tables for too long; rejects that
    /// cannot be written; what the server reports; Ctrl-C. Nothing has changed in the database then.
    pub fn publish(&self, versions: &[(&Unit, &Staged)], client: &mut Client) -> Result<()> {
        let mut transaction = client.transaction()?;
        // An earlier try, whose connection was lost, may still be at it.
        lock::until_commit(&mut transaction, &format!("the publication of {}", self.mother()))?;
        if is_published(versions, &mut transaction)? {
            return Ok(());
        }
        for (unit, staged) in versions {
            staged.check(unit, &mut transaction)?;
            // This also keeps autovacuum away, which would have to be waited for below.
            let staging = Staging::of(&unit.table);
            transaction.batch_execute(&Unit::comment_statement(staging.table()))?;
        }
        self.replace(versions, &mut transaction)?;
        for (unit, staged) in versions {
            one::record(unit, staged.rows, staged.started, &mut transaction)?;
        }
        interrupt::check()?;
        for (unit, staged) in versions {
            staged
                .rejects
                .keep(|| unit.source.open_original())
                .map_err(|error| error.at(unit.source.place()))?;
        }
        Ok(transaction.commit()?)
    }

    /// Says that it is done.
    pub fn tell(&self) {
        self.drop.tell();
    }

    /// Swaps all, in tries of limited length; the union view comes along.
    fn replace(&self, versions: &[(&Unit, &Staged)], transaction: &mut Transaction<'_>) -> Result<()> {
        let staging: Vec<Staging> = versions.iter().map(|(unit, _)| Staging::of(&unit.table)).collect();
        lock::lock_in_tries(transaction, drop::PATIENCE, self.mother().name(), |attempt| {
            let turn = Turn::begin();
            let has_view = self.drop.lock(&turn, true, staging.iter().map(Staging::table), attempt)?;
            self.drop.execute(has_view, attempt)?;
            self.create.execute(attempt)?;
            for ((unit, _), staging) in versions.iter().zip(&staging) {
                let (rename, inherit) = (rename_statement(staging.table(), unit), unit.inherit_statement());
                drop::execute(attempt, &format!("{rename}; {inherit}"))?;
            }
            match versions.first() {
                Some((unit, _)) => unit.view.follow(None, attempt),
                None => Ok(()),
            }
        })
        .map_err(drop::in_the_way)
    }
}

/// Whether the version tables are what was staged.
fn is_published(versions: &[(&Unit, &Staged)], transaction: &mut Transaction<'_>) -> Result<bool> {
    for (unit, staged) in versions {
        if !staged.is(&unit.table, transaction)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps other runs away from these mothers as long as the connection lives.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn hold<'m>(mothers: impl Iterator<Item = &'m Qualified>, client: &mut Client) -> Result<()> {
    let mut names: Vec<String> = mothers.map(lock_name).collect();
    // Everybody in the same order.
    names.sort_unstable();
    names.iter().try_for_each(|name| lock::until_disconnect(client, name))
}
