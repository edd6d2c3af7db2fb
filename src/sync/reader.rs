//! The connection to the source. All that it does is in transactions that only read, and it sets nothing beyond their ends: behind
//! a pooler, others may get the session after each of them.
//!
//! Each transaction of a pass begins with a lock that no change of the table's columns gets past, and compares the columns with
//! those that the run knows. So the rows that it reads have the shape that they are taken for.

use super::settings::Settings;
use super::side::of_source;
use crate::pg::connect::{self, ForOneTransaction, Target};
use crate::pg::ident::{Qualified, literal};
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};
use std::time::Duration;

/// PostgreSQL 13, the oldest version with all that sync uses.
const OLDEST_VERSION: i32 = 130_000;

/// What the statements of a transaction see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Each of them what is committed when it begins.
    Moving,
    /// All of them the same snapshot.
    Still,
}

/// The source's table as the run knows it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name.
    pub table: Qualified,
    /// Whether it is no view.
    pub is_table: bool,
    /// Its oid and its columns, as `table/shape_now.sql` gives them.
    pub shape: String,
    /// Whether all of its rows must be visible, since those that are not would be deleted at the destination; then, what helps besides
    /// another role.
    pub needs_all_rows: Option<&'static str>,
}

/// A connection to the source.
pub struct Reader {
    client: Client,
    settings: ForOneTransaction,
    /// The statement that limits how long others take.
    timeout: String,
    opened: Option<View>,
    known: Option<Known>,
    clock: String,
    zone: String,
    encoding: String,
}

impl Reader {
    /// Connects, and begins the first transaction, whose search path can be asked for in `pghaul.schemas`.
    ///
    /// # Errors
    /// As [`Target::connect`]; a server that is too old.
    pub fn connect(settings: &Settings) -> Result<Reader> {
        let mut client = connect_to(&settings.from)?;
        let texts = connect::for_one_transaction();
        // A limited rate makes the server wait within a statement, so the timeout grows by the time of a window.
        let pauses = settings.max_rate.map_or(0, |rate| settings.chunk / rate.get());
        let most = settings.source_timeout + Duration::from_secs(pauses.min(1_000_000));
        let most = most.as_millis().min(i32::MAX as u128);
        let messages = client.simple_query(&format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; \
             SELECT pg_catalog.current_setting('TimeZone') AS zone; {} \
             SELECT current_setting('server_version_num') AS version, getdatabaseencoding() AS encoding, \
             current_setting('statement_timeout')::interval NOT BETWEEN '1ms' AND '{most}ms' AS unlimited",
            texts.all
        ))?;
        let text = |column| find(&messages, column).map(str::to_owned).unwrap_or_default();
        check_version(text("version").parse().unwrap_or(OLDEST_VERSION), "source")?;
        let timeout = match text("unlimited").as_str() {
            "t" => format!("SET LOCAL statement_timeout = {most};"),
            _ => String::new(),
        };
        let mut reader = Reader {
            client,
            settings: texts,
            timeout,
            opened: Some(View::Moving),
            known: None,
            clock: String::new(),
            zone: text("zone"),
            encoding: text("encoding"),
        };
        reader.client.batch_execute(&reader.timeout)?;
        Ok(reader)
    }

    /// A connection whose only transaction sees this snapshot. Its statements may take as long as the role may.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect_at(settings: &Settings, snapshot: &str) -> Result<Client> {
        let mut client = connect_to(&settings.from)?;
        let ForOneTransaction { values, keepalives, .. } = connect::for_one_transaction();
        client.batch_execute(&format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {};\n{values}\n{MONEY}; {keepalives}",
            literal(snapshot)
        ))?;
        Ok(client)
    }

    /// The client, in a transaction.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// From now on each transaction compares the table with this.
    pub fn expect(&mut self, known: Known) {
        self.known = Some(known);
    }

    /// From now on no table is expected.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// Lets the statements of this transaction take as long as the role may.
    ///
    /// # Errors
    /// What the server reports.
    pub fn without_limit(&mut self) -> Result<()> {
        if self.timeout.is_empty() {
            return Ok(());
        }
        self.client.batch_execute("SET LOCAL statement_timeout TO DEFAULT").map_err(of_source)
    }

    /// Ends the transaction, if one is open, and begins another one.
    ///
    /// # Errors
    /// A table that is no longer as it was known, which another connection can look at again; rows that are hidden from the role;
    /// what the server reports.
    pub fn begin(&mut self, view: View) -> Result<()> {
        self.commit().and_then(|()| self.open(view)).map_err(of_source)
    }

    fn open(&mut self, view: View) -> Result<()> {
        let level = if view == View::Still { "REPEATABLE READ" } else { "READ COMMITTED" };
        let ForOneTransaction { values, keepalives, .. } = &self.settings;
        let mut sql =
            format!("BEGIN ISOLATION LEVEL {level} READ ONLY;\n{values}\n{MONEY}; {}", self.timeout);
        if let Some(Known { table, is_table, needs_all_rows, .. }) = &self.known {
            if needs_all_rows.is_some() {
                // A statement that a policy would hide rows from fails.
                sql.push_str("SET LOCAL row_security = off;");
            }
            // Not all views can be locked by name.
            let lock = match is_table {
                true => format!("LOCK TABLE ONLY {table} IN ACCESS SHARE MODE"),
                false => format!("SELECT FROM {table} WHERE false"),
            };
            sql.push_str(&format!(
                "{lock}; {keepalives}; {}",
                include_str!("table/shape_now.sql").replace("$1", &literal(&table.to_string()))
            ));
        }
        let messages = self.client.simple_query(&sql).map_err(Error::from);
        self.opened = Some(view);
        let Some(known) = &self.known else { return messages.map(drop) };
        let messages = match messages {
            Err(error) if SqlState::from(&error) == SqlState::UnknownTable => return Err(changed(known)),
            messages => messages?,
        };
        if find(&messages, "shape") != Some(&known.shape) {
            return Err(changed(known));
        }
        if let Some(besides) = known.needs_all_rows
            && find(&messages, "hides_rows") == Some("t")
        {
            return Err(Error::refused(
                "row security hides rows from the role at the source, and rows that it does not see would be deleted",
            )
            .at(Place::table(known.table.to_string()))
            .remedy(format!("read the source as a role that sees all rows (BYPASSRLS){besides}")));
        }
        self.clock = find(&messages, "clock").unwrap_or_default().to_owned();
        Ok(())
    }

    /// Begins a transaction that sees what is committed, unless one is open.
    ///
    /// # Errors
    /// As [`Reader::begin`].
    pub fn resume(&mut self) -> Result<()> {
        if self.opened.is_some() { Ok(()) } else { self.begin(View::Moving) }
    }

    /// Ends a transaction that sees what is committed: its locks would hold up others.
    ///
    /// # Errors
    /// What the server reports.
    pub fn pause(&mut self) -> Result<()> {
        if self.opened == Some(View::Moving) { self.commit() } else { Ok(()) }
    }

    /// Ends the transaction, if one is open.
    ///
    /// # Errors
    /// What the server reports.
    pub fn commit(&mut self) -> Result<()> {
        if self.opened.take().is_some() {
            self.client.batch_execute("COMMIT").map_err(of_source)?;
        }
        Ok(())
    }

    /// The source's clock when the transaction began, as text.
    pub fn clock(&self) -> &str {
        &self.clock
    }

    /// The time zone of the role's sessions at the source.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The encoding of the source's database.
    pub fn encoding(&self) -> &str {
        &self.encoding
    }
}

/// Checks that the server of a side is new enough.
///
/// # Errors
/// One that is too old, exit code 2.
pub fn check_version(version: i32, side: &str) -> Result<()> {
    if version < OLDEST_VERSION {
        return Err(Error::refused(format!("PostgreSQL {} is too old for sync", version / 10_000))
            .at(Place::file(side))
            .remedy("use a server of version 13 or newer"));
    }
    Ok(())
}

/// Makes the texts of `money` the same everywhere.
const MONEY: &str = "SET LOCAL lc_monetary = 'C'";

fn connect_to(source: &Target) -> Result<Client> {
    Ok(source.connect_bare()?.0)
}

/// The error of a table that is no longer as it was known. The next try opens it again.
fn changed(known: &Known) -> Error {
    Error::failed("its columns have changed at the source, or it is another table now")
        .at(Place::table(known.table.to_string()))
        .of_connection()
}

fn find<'m>(messages: &'m [SimpleQueryMessage], column: &str) -> Option<&'m str> {
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let has = |row: &&SimpleQueryRow| row.columns().iter().any(|known| known.name() == column);
    rows.filter(has).last().and_then(|row| row.get(column))
}
