//! From one server to another: the bytes of a `COPY … TO STDOUT` go into a `COPY … FROM STDIN` as they are.

use super::pace::Pace;
use crate::copy::encode::binary::HEADER;
use crate::report::timeline;
use crate::run::interrupt;
use crate::{Place, Result};
use postgres::{Client, CopyInWriter, Transaction};
use std::io::{BufRead, Write};

/// Bytes of one message to the destination; see [`crate::copy::send::sink`].
const MESSAGE_BYTES: usize = 64 << 10;

/// Counts rows on their way, and slows them down.
#[derive(Clone, Copy)]
pub struct Meter<'m> {
    /// How fast rows may be read.
    pub pace: &'m Pace,
    /// Gets the number of rows of each block.
    pub advance: &'m (dyn Fn(u64) + Sync),
}

/// The rows that have gone through a pipe.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Piped {
    /// Their number, as the destination has counted them.
    pub rows: u64,
    /// Their bytes in COPY's format.
    pub bytes: u64,
}

/// Copies the rows of the statement `from` at the source by the statement `into` at the destination. Both name the same format.
///
/// # Errors
/// What one of the servers reports, with "source" or "destination" as the place; Ctrl-C. The destination's transaction has
/// failed then.
pub fn pipe(
    source: &mut Client,
    from: &str,
    destination: &mut Transaction<'_>,
    into: &str,
    meter: Meter<'_>,
) -> Result<Piped> {
    spread(source, from, std::slice::from_mut(destination), into, meter)
}

/// As [`pipe`], over several connections to the destination. They take turns of some KiB, and each row goes over one of them.
///
/// # Errors
/// As there.
pub fn spread(
    source: &mut Client,
    from: &str,
    destinations: &mut [Transaction<'_>],
    into: &str,
    meter: Meter<'_>,
) -> Result<Piped> {
    let of_source = |error: crate::Error| error.at(Place::file("source"));
    let of_destination = |error: crate::Error| error.at(Place::file("destination"));
    let mut reader = source.copy_out(from).map_err(|error| of_source(error.into()))?;
    let mut writers: Vec<CopyInWriter<'_>> = destinations
        .iter_mut()
        .map(|destination| destination.copy_in(into).map_err(|error| of_destination(error.into())))
        .collect::<Result<_>>()?;
    let mut block = Vec::with_capacity(2 * MESSAGE_BYTES);
    let mut bytes = 0;
    let mut at_end = false;
    let turns = (0..writers.len()).cycle();
    for (number, turn) in turns.enumerate() {
        interrupt::check()?;
        let mut messages = 0;
        while !at_end && block.len() < MESSAGE_BYTES {
            // A server sends each row as a message of its own.
            let message = reader.fill_buf().map_err(|error| of_source(error.into()))?;
            let length = message.len();
            at_end = length == 0;
            block.extend_from_slice(message);
            reader.consume(length);
            messages += 1;
        }
        meter.pace.take(messages)?;
        // Each of the others needs a header of its own. Its end need not be marked by a trailer.
        if number == 0 && block.starts_with(&HEADER) {
            for other in &mut writers[1..] {
                other.write_all(&HEADER).map_err(|error| of_destination(error.into()))?;
            }
        }
        writers[turn].write_all(&block).map_err(|error| of_destination(error.into()))?;
        (meter.advance)(messages);
        timeline::rows(messages);
        bytes += block.len() as u64;
        if at_end {
            break;
        }
        block.clear();
        // The room of a long row is given back.
        block.shrink_to(2 * MESSAGE_BYTES);
    }
    let mut rows = 0;
    for writer in writers {
        rows += writer.finish().map_err(|error| of_destination(error.into()))?;
    }
    Ok(Piped { rows, bytes })
}
