//! The state of a destination: `pghaul.syncs`, and the ranges of an initial load in `pghaul.sync_ranges`.

use crate::pg::catalog::oid_of;
use crate::pg::ident::Qualified;
use crate::pg::sqlstate::SqlState;
use crate::table::ledger::setup;
use crate::{Error, Result};
use postgres::{Client, GenericClient, Transaction};

/// The lock under which the tables are created.
const SETUP_LOCK: &str = "the ledger";

/// What a run does with the destination's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Its ranges are being loaded.
    Loading,
    /// Its indexes are being built.
    Indexing,
    /// Its source's changes are being followed.
    Following,
}

/// The state of a destination.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What a run does with it.
    pub phase: Phase,
    /// How far the source has been read.
    pub marks: Marks,
}

/// How far the source has been read. Cursors are text, as the server writes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    /// No row with a smaller cursor can appear at the source any more; none until this is known of a cursor.
    pub settled: Option<String>,
    /// Rows up to this cursor have been read. A row that was not visible then has a transaction id from `horizon` on.
    pub read_to: Option<String>,
    /// The oldest transaction that was open when reading began.
    pub horizon: Option<i64>,
    /// The cursor that will be settled next.
    pub pending: Option<Pending>,
}

/// A cursor that no new transaction goes below, and the open transactions that still may.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// The cursor.
    pub to: String,
    /// When it was the greatest cursor, by the source's clock (seconds).
    pub since: f64,
    /// The transactions that were open a while later; none until they are known.
    pub open: Option<Vec<String>>,
}

/// A range of keys of an initial load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Its number.
    pub number: i32,
    /// The lowest value of the key's first column; none in the first range.
    pub low: Option<String>,
    /// The value that ends the range and is not in it; none in the last range.
    pub high: Option<String>,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Phase::Loading => "loading",
            Phase::Indexing => "indexing",
            Phase::Following => "following",
        }
    }
}

/// Creates the tables if they are missing.
///
/// # Errors
/// A missing right; what the server reports.
pub fn set_up(client: &mut Client) -> Result<()> {
    setup::set_up_once(client, SETUP_LOCK, "syncs", |transaction| {
        setup::create_schema(transaction)?;
        Ok(transaction.batch_execute(include_str!("state.sql"))?)
    })
}

/// Identifies a table: the cluster, the database and the oid.
///
/// # Errors
/// What the server reports.
pub fn identity(client: &mut Client, oid: u32) -> Result<String> {
    let sql = "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || d.oid || '/' || $1::oid \
               FROM pg_database d WHERE d.datname = current_database()";
    let row = client.query_one(sql, &[&oid]).map_err(|error| {
        let error = Error::from(error);
        match SqlState::from(&error) {
            SqlState::NoRight => error.into_refused().remedy(
                "by that function the source is told from others: GRANT EXECUTE ON FUNCTION pg_control_system() TO the role",
            ),
            _ => error,
        }
    })?;
    Ok(row.get(0))
}

impl State {
    /// The state of the table with `oid`, and the source that it follows; none if the state is that of an earlier table of the
    /// same name.
    ///
    /// # Errors
    /// What the server reports.
    pub fn read(client: &mut Client, table: &Qualified, oid: u32) -> Result<Option<(State, Source)>> {
        let sql = "SELECT phase, settled, read_to, horizon, pending_to, pending_since, pending_open, source, source_id, \
                   cursor_name FROM pghaul.syncs WHERE schema_name = $1 AND table_name = $2 AND table_oid = $3";
        let Some(row) = client.query_opt(sql, &[&table.schema(), &table.name(), &oid])? else {
            return Ok(None);
        };
        let pending = match (row.get::<_, Option<String>>(4), row.get::<_, Option<f64>>(5)) {
            (Some(to), Some(since)) => Some(Pending { to, since, open: row.get(6) }),
            _ => None,
        };
        let phase = match row.get(0) {
            "loading" => Phase::Loading,
            "indexing" => Phase::Indexing,
            _ => Phase::Following,
        };
        let marks = Marks { settled: row.get(1), read_to: row.get(2), horizon: row.get(3), pending };
        let source = Source { described: row.get(7), id: row.get(8), cursor: row.get(9) };
        Ok(Some((State { phase, marks }, source)))
    }

    /// As [`State::begin`], for a table that this transaction has made.
    ///
    /// # Errors
    /// What the server reports.
    pub fn begin_new(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Qualified,
        source: &Source,
    ) -> Result<()> {
        let oid = oid_of(transaction, table)?.ok_or_else(|| Error::failed("the table is gone"))?;
        self.begin(transaction, table, oid, source)
    }

    /// Records a table that begins to follow this source. An earlier state is removed.
    ///
    /// # Errors
    /// What the server reports.
    pub fn begin(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Qualified,
        oid: u32,
        source: &Source,
    ) -> Result<()> {
        forget(transaction, table)?;
        transaction.execute(
            "INSERT INTO pghaul.syncs (schema_name, table_name, table_oid, source, source_id, cursor_name, phase) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &table.schema(),
                &table.name(),
                &oid,
                &source.described,
                &source.id,
                &source.cursor,
                &self.phase.as_str(),
            ],
        )?;
        self.write(transaction, table)
    }

    /// Records the phase and the marks.
    ///
    /// # Errors
    /// What the server reports.
    pub fn write(&self, client: &mut impl GenericClient, table: &Qualified) -> Result<()> {
        let Marks { settled, read_to, horizon, pending } = &self.marks;
        client.execute(
            "UPDATE pghaul.syncs SET phase = $3, settled = $4, read_to = $5, horizon = $6, pending_to = $7, \
             pending_since = $8, pending_open = $9, changed_at = clock_timestamp() \
             WHERE schema_name = $1 AND table_name = $2",
            &[
                &table.schema(),
                &table.name(),
                &self.phase.as_str(),
                settled,
                read_to,
                horizon,
                &pending.as_ref().map(|pending| &pending.to),
                &pending.as_ref().map(|pending| pending.since),
                &pending.as_ref().and_then(|pending| pending.open.as_ref()),
            ],
        )?;
        Ok(())
    }
}

/// The source that a destination follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its description, for messages.
    pub described: String,
    /// Its [`identity`].
    pub id: String,
    /// The cursor that changes are followed by.
    pub cursor: Option<String>,
}

impl Source {
    /// Whether both are tables of one name in one database.
    pub fn is_namesake_of(&self, other: &Source) -> bool {
        let database = |source: &Source| source.id.rsplit_once('/').map(|(database, _)| database.to_owned());
        let name = |source: &Source| source.described.rsplit_once(' ').map(|(_, name)| name.to_owned());
        database(self) == database(other) && name(self) == name(other)
    }
}

/// Records that a destination follows this source from now on.
///
/// # Errors
/// What the server reports.
pub fn follow(client: &mut impl GenericClient, table: &Qualified, source: &Source) -> Result<()> {
    let sql =
        "UPDATE pghaul.syncs SET source = $3, source_id = $4 WHERE schema_name = $1 AND table_name = $2";
    client.execute(sql, &[&table.schema(), &table.name(), &source.described, &source.id])?;
    Ok(())
}

/// Removes the state of a destination.
///
/// # Errors
/// What the server reports.
pub fn forget(client: &mut impl GenericClient, table: &Qualified) -> Result<()> {
    let sql = "DELETE FROM pghaul.syncs WHERE schema_name = $1 AND table_name = $2";
    client.execute(sql, &[&table.schema(), &table.name()])?;
    Ok(())
}

/// Records the ranges that are to be loaded.
///
/// # Errors
/// What the server reports.
pub fn plan_ranges(transaction: &mut Transaction<'_>, table: &Qualified, ranges: &[Range]) -> Result<()> {
    let insert = transaction.prepare(
        "INSERT INTO pghaul.sync_ranges (schema_name, table_name, number, low, high) VALUES ($1, $2, $3, $4, $5)",
    )?;
    for Range { number, low, high } in ranges {
        transaction.execute(&insert, &[&table.schema(), &table.name(), number, low, high])?;
    }
    Ok(())
}

/// The ranges of an initial load.
#[derive(Debug, Default)]
pub struct RangesLeft {
    /// The ranges that are still to be loaded.
    pub left: Vec<Range>,
    /// The number of loaded ranges.
    pub done: usize,
    /// The rows of the loaded ranges.
    pub rows_done: u64,
}

/// The ranges of an initial load that are left, and the number of those that are loaded.
///
/// # Errors
/// What the server reports.
pub fn ranges_left(client: &mut Client, table: &Qualified) -> Result<RangesLeft> {
    let sql = "SELECT number, low, high, rows FROM pghaul.sync_ranges WHERE schema_name = $1 AND table_name = $2 \
               ORDER BY number";
    let mut ranges = RangesLeft::default();
    for row in client.query(sql, &[&table.schema(), &table.name()])? {
        match row.get::<_, Option<i64>>(3) {
            None => ranges.left.push(Range { number: row.get(0), low: row.get(1), high: row.get(2) }),
            Some(rows) => {
                ranges.done += 1;
                ranges.rows_done += rows.unsigned_abs();
            }
        }
    }
    Ok(ranges)
}

/// Records a range that is loaded.
///
/// # Errors
/// What the server reports.
pub fn range_done(
    transaction: &mut Transaction<'_>,
    table: &Qualified,
    number: i32,
    rows: u64,
) -> Result<()> {
    transaction.execute(
        "UPDATE pghaul.sync_ranges SET rows = $4 WHERE schema_name = $1 AND table_name = $2 AND number = $3",
        &[&table.schema(), &table.name(), &number, &i64::try_from(rows).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}
