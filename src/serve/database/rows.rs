//! From the rows of a statement to a body: a short one at once, a long one as it comes.

use super::pool::Connection;
use super::statement::Parameter;
use crate::serve::answer::failure::Failure;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::RowStream;

/// What is held of an answer before it is sent in parts (bytes); most are shorter, and free their connection before the client
/// has read a byte.
const PART: usize = 64 << 10;
/// Parts on their way to a client that reads slowly.
const PARTS: usize = 2;

/// All rows of a statement, its first column each: for those that give few.
///
/// # Errors
/// What the server reports.
pub async fn texts(connection: &Connection, sql: &str, params: &[Parameter]) -> Result<Vec<String>, Failure> {
    let mut rows = pin!(connection.stream(sql, params).await?);
    let mut texts = Vec::new();
    while let Some(row) = rows.next().await {
        texts.push(row?.get(0));
    }
    Ok(texts)
}

/// A JSON array of all rows. What fails after the first part was sent ends the connection, so that no client takes the part for
/// the whole; so does a client that has not read everything in `time`.
///
/// # Errors
/// What the server reports before there is a first part.
pub async fn array(
    connection: Connection,
    sql: &str,
    params: &[Parameter],
    time: Duration,
) -> Result<Body, Failure> {
    let deadline = Instant::now() + time;
    let mut rows = Box::pin(connection.stream(sql, params).await?);
    let mut part = Part { bytes: vec![b'['], first: true };
    if part.fill(&mut rows).await? {
        return Ok(Body::from(part.bytes));
    }
    let (sender, receiver) = mpsc::channel(PARTS);
    tokio::spawn(async move {
        let sent = timeout_at(deadline, send(&mut part, &mut rows, &sender)).await;
        let cause = match sent {
            Ok(Ok(())) => return,
            Ok(Err(cause)) => cause,
            Err(_) => "the client reads too slowly".to_owned(),
        };
        tracing::debug!("an answer was cut off: {cause}");
        drop(rows);
        // What the server still sends is of no use to the next request.
        connection.discard();
    });
    Ok(Body::from_stream(stream::unfold(Some(receiver), next)))
}

/// A part of an answer, and whether it is the last one.
type Sent = (Bytes, bool);

/// The next part, and who receives the one after it; an error where the sender has gone before the last one.
async fn next(
    receiver: Option<mpsc::Receiver<Sent>>,
) -> Option<(io::Result<Bytes>, Option<mpsc::Receiver<Sent>>)> {
    let mut receiver = receiver?;
    match receiver.recv().await {
        Some((bytes, last)) => Some((Ok(bytes), (!last).then_some(receiver))),
        None => Some((Err(io::Error::other("the answer was cut off")), None)),
    }
}

async fn send(
    part: &mut Part,
    rows: &mut Pin<Box<RowStream>>,
    sender: &mpsc::Sender<Sent>,
) -> Result<(), String> {
    let gone = |_| "the client has gone".to_owned();
    let mut last = false;
    loop {
        let bytes = std::mem::take(&mut part.bytes);
        sender.send((bytes.into(), last)).await.map_err(gone)?;
        if last {
            return Ok(());
        }
        last = part.fill(rows).await.map_err(|failure| failure.words())?;
    }
}

struct Part {
    bytes: Vec<u8>,
    first: bool,
}

impl Part {
    /// Adds rows until the part is full, or all are there.
    async fn fill(&mut self, rows: &mut Pin<Box<RowStream>>) -> Result<bool, Failure> {
        while let Some(row) = rows.next().await {
            let row = row?;
            let text: &str = row.get(0);
            if !std::mem::take(&mut self.first) {
                self.bytes.push(b',');
            }
            self.bytes.extend_from_slice(text.as_bytes());
            if self.bytes.len() >= PART {
                return Ok(false);
            }
        }
        self.bytes.push(b']');
        Ok(true)
    }
}
