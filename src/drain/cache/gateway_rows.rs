//! The rows of a replica, as the gateway gives them.
//!
//! The gateway gives the first N rows. `topn=-1` for all rows is never used, since the gateway then leaves the last row out:
//! N grows until fewer than N rows come.

use super::gateway::Gateway;
use super::pages::{Page, RowSource};
use super::rejected::RejectedRows;
use crate::run::web;
use crate::run::workers::PANICKED;
use crate::{Error, Result};
use crossbeam_channel::{Receiver, Sender, bounded};
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::BufReader;
use std::thread::JoinHandle;

/// Rows of the first request.
const FIRST_ROWS: u64 = 65_536;
/// Each further request asks for so many times as many rows.
const GROWTH: u64 = 4;
/// Rows of a page.
const PAGE_ROWS: usize = 4_096;
/// Buffer between the connection and the parser, bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// All rows of a replica, from one answer of the gateway. A thread of its own reads and parses the answer.
pub struct GatewayRows<'g> {
    gateway: &'g Gateway,
    replica: &'g str,
    asked_for: u64,
    read: u64,
    reader: Option<(Receiver<Page>, JoinHandle<Result<()>>)>,
}

impl<'g> GatewayRows<'g> {
    /// The rows of `replica`.
    pub fn of(gateway: &'g Gateway, replica: &'g str) -> GatewayRows<'g> {
        GatewayRows { gateway, replica, asked_for: FIRST_ROWS, read: 0, reader: None }
    }
}

impl RowSource for GatewayRows<'_> {
    fn begin(&mut self) -> Result<Option<u64>> {
        let path = "/getTopNFromReplica";
        let body = format!("?replica={}&topn={}", web::percent_encoded(self.replica), self.asked_for);
        let answer = self.gateway.post(path, &body)?;
        let place = self.gateway.place(path);
        let (send, pages) = bounded(2);
        let read = move || {
            let mut json =
                serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER_BYTES, answer));
            let rows = RowsInto { send: &send, page: Vec::new() };
            let done = rows.deserialize(&mut json).and_then(|()| json.end());
            done.map_err(|error| {
                let failed =
                    Error::failed(format!("the gateway's answer is no object of rows: {error}")).at(place);
                // An answer that ends early was cut off.
                if error.is_io() || error.is_eof() { failed.of_connection() } else { failed }
            })
        };
        let thread =
            std::thread::Builder::new().name("gateway".to_owned()).spawn(read).map_err(Error::failed)?;
        self.read = 0;
        self.reader = Some((pages, thread));
        Ok(None)
    }

    fn next_page(&mut self) -> Result<Option<Page>> {
        let Some((pages, thread)) = self.reader.take() else { return Ok(None) };
        match pages.recv() {
            Ok(page) => {
                self.read += page.count();
                self.reader = Some((pages, thread));
                Ok(Some(page))
            }
            // The thread has ended; its result says why.
            Err(_) => match thread.join() {
                Ok(done) => done.map(|()| None),
                Err(_) => Err(Error::failed(PANICKED)),
            },
        }
    }

    fn was_all(&mut self) -> Result<bool> {
        let was_all = self.read < self.asked_for;
        if !was_all {
            self.asked_for = self.asked_for.saturating_mul(GROWTH);
            tracing::debug!("{}: more than {} rows; asking for {}", self.replica, self.read, self.asked_for);
        }
        Ok(was_all)
    }

    fn describe(&self) -> &str {
        self.gateway.describe()
    }

    fn rejected_rows(&self) -> Result<Option<RejectedRows>> {
        Ok(None)
    }
}

/// Sends the members of an object as pages.
struct RowsInto<'s> {
    send: &'s Sender<Page>,
    page: Vec<Vec<u8>>,
}

impl<'de> DeserializeSeed<'de> for RowsInto<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowsInto<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of rows")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut rows: A) -> Result<(), A::Error> {
        while let Some((id, row)) = rows.next_entry::<String, Box<RawValue>>()? {
            self.page.push(id.into_bytes());
            self.page.push(row.get().as_bytes().to_vec());
            if self.page.len() == 2 * PAGE_ROWS
                && self.send.send(Page::of(std::mem::take(&mut self.page))).is_err()
            {
                // The receiver is gone.
                return Err(serde::de::Error::custom("no longer wanted"));
            }
        }
        // The receiver may be gone.
        let _ = self.send.send(Page::of(self.page));
        Ok(())
    }
}
