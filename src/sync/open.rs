//! Opens both sides: reads the shapes of the tables and the state of the destination, and creates what is missing.

use super::full;
use super::prepare;
use super::reader::{Known, View};
use super::session::{self, Link, Session};
use super::settings::Settings;
use super::side::{self, of_source};
use super::state::{self, Phase, Source, State};
use super::table::choice;
use super::table::pair::{self, Pair, WINDOW};
use super::table::shape::Shape;
use crate::copy::relay::pace::Pace;
use crate::exit::Exit;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use crate::pg::trust;
use crate::report::log::Verbosity;
use crate::{Error, Place, Result};
use postgres::Client;

/// What is opened, and how.
#[derive(Clone, Copy)]
pub struct Opening<'s> {
    /// The table, and what happens to it.
    pub settings: &'s Settings,
    /// How much the run prints.
    pub verbosity: Verbosity,
    /// Limits how fast the source is read.
    pub pace: &'s Pace,
    /// Whether this run opens the table for the first time, and says what is to be known of it.
    pub is_first: bool,
}

/// As [`with_link`], over connections of its own.
///
/// # Errors
/// As [`with_link`].
pub fn with<T>(
    settings: &Settings,
    verbosity: Verbosity,
    work: impl FnOnce(&mut Session<'_>, &mut State) -> Result<T>,
) -> Result<T> {
    let pace = Pace::new(settings.max_rate);
    with_link(&mut None, Opening { settings, verbosity, pace: &pace, is_first: true }, work)
}

/// Checks both sides, creates or checks the destination's table, and does `work`. A lock keeps every other pghaul away from that
/// table. `link` has the connections afterwards, unless something has failed.
///
/// What another try may help becomes an error of the connection: a failure that no server has reported, and one for another
/// transaction (a deadlock, a lock, what a standby replays), since a pass may begin again at any point.
///
/// # Errors
/// A table or a column that cannot be synced, exit code 2; what a server or `work` reports.
pub fn with_link<T>(
    link: &mut Option<Link>,
    opening: Opening<'_>,
    work: impl FnOnce(&mut Session<'_>, &mut State) -> Result<T>,
) -> Result<T> {
    let retried = |error: Error| match (error.exit(), SqlState::from(&error)) {
        (Exit::Failed, SqlState::None | SqlState::Serialization | SqlState::LockTimeout) => {
            error.of_connection()
        }
        _ => error,
    };
    let opened = take_or_connect(link, opening.settings).and_then(|opened| on(opened, opening, work));
    let (done, opened) = opened.map_err(|error| retried(side::named(error)))?;
    *link = Some(opened);
    Ok(done)
}

/// The connections that are there, or new ones. A table without a schema is looked for by the search path, which only the first
/// transaction of a connection knows.
fn take_or_connect(link: &mut Option<Link>, settings: &Settings) -> Result<Link> {
    if let Some(mut link) = link.take()
        && settings.table.0.is_some()
    {
        link.source.forget();
        link.source.begin(View::Moving)?;
        return Ok(link);
    }
    let mut link = session::connect_both(settings)?;
    for client in [link.source.client(), &mut link.destination] {
        trust::say_superuser(client.query_opt(trust::IS_SUPERUSER, &[])?.as_ref());
    }
    Ok(link)
}

fn on<T>(
    link: Link,
    opening: Opening<'_>,
    work: impl FnOnce(&mut Session<'_>, &mut State) -> Result<T>,
) -> Result<(T, Link)> {
    let Opening { settings, verbosity, pace, is_first } = opening;
    let Link { mut source, mut destination } = link;
    let shape = source_shape(source.client(), settings).map_err(of_source)?;
    let slow = settings.cursor.as_ref().filter(|_| is_first).map(|cursor| (shape.clone(), cursor));
    let shape = choice::apply(source.client(), shape, settings).map_err(of_source)?;
    let is_whole = full::is_meant(settings, &shape);
    if let Some((shape, cursor)) = slow.filter(|_| !is_whole) {
        pair::warn_of_slow_passes(&shape, cursor);
    }
    let table = destination_name(&mut destination, &shape, settings)?;
    // The lock may take long, and while a transaction is open the source keeps old rows, and others wait for it.
    source.pause()?;
    // The connection that writes the state holds the lock. If it is lost, so is the right to write.
    let lock = format!("sync {table}");
    lock::until_disconnect(&mut destination, &lock)?;
    source.expect(Known {
        table: shape.table.clone(),
        is_table: shape.is_table(),
        shape: shape.fingerprint.clone(),
        needs_all_rows: match (settings.deletes, is_whole) {
            (Some(_), false) => Some(", or leave --deletes away"),
            (_, true) => Some(""),
            (None, false) => None,
        },
    });
    source.begin(View::Moving)?;
    let mut pair = match is_whole {
        true => full::pair(settings, shape, table)?,
        false => Pair::new(source.client(), shape, table, settings).map_err(of_source)?,
    };
    let encoding: String = destination.query_one("SELECT getdatabaseencoding()", &[])?.get(0);
    pair.any_encoding = encoding != source.encoding();
    let identity = Source {
        described: format!("{} {}", settings.from.describe(), pair.source.table),
        id: state::identity(source.client(), pair.source.oid).map_err(of_source)? + &choice::mark(settings),
        cursor: pair.cursor.as_ref().map(|cursor| cursor.name.clone()),
    };
    let mut session = Session {
        settings,
        verbosity,
        identity,
        pair,
        source,
        destination,
        others: Vec::new(),
        has_window: false,
        sequences: Vec::new(),
        pace,
        is_whole,
    };
    let mut state = prepare::prepare(&mut session)?;
    if state.phase != Phase::Following {
        session.source.pause()?;
    }
    let done = work(&mut session, &mut state)?;
    let Session { mut source, mut destination, has_window, .. } = session;
    source.commit()?;
    if has_window {
        destination.batch_execute(&format!("DROP TABLE {WINDOW}"))?;
    }
    lock::release(&mut destination, &lock)?;
    Ok((done, Link { source, destination }))
}

/// The shape of the source's table.
fn source_shape(client: &mut Client, settings: &Settings) -> Result<Shape> {
    let (schema, name) = &settings.table;
    let written = schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"));
    let missing = || {
        Error::refused("does not exist at the source")
            .at(Place::table(&written))
            .remedy("name another one with --table")
    };
    let table = Shape::locate(client, &settings.table)?.ok_or_else(missing)?;
    Shape::read(client, &table).map_err(|error| error.at(Place::table(&written)))?.ok_or_else(missing)
}

/// The name of the destination's table, in the named schema or in one of the same name as the source's. The table may not exist
/// yet.
fn destination_name(client: &mut Client, source: &Shape, settings: &Settings) -> Result<Qualified> {
    let (schema, name) = &settings.to_table;
    let schema = schema.clone().unwrap_or_else(|| source.table.schema().to_owned());
    if schema == "pghaul" {
        return Err(
            Error::refused("the schema pghaul is the ledger's").remedy("name another with --to-table")
        );
    }
    let read_only: bool = client.query_one("SELECT pg_is_in_recovery()", &[])?.get(0);
    if read_only {
        return Err(Error::refused("the destination is a standby, which takes no rows")
            .remedy("name its primary with --to"));
    }
    Ok(Qualified::new(schema, name))
}
