//! From the rows of a statement to a body: a short one in one piece, a long one in parts as the rows arrive.

use super::connection::{Connection, Rows};
use super::statement::{Parameter, Statement};
use crate::serve::answer::failure::Failure;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// How the rows of a list are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a JSON array.
    Json,
    /// As CSV (RFC 4180) with a head. NULL is nothing, and an empty text stands in quotes, as with COPY.
    Csv,
}

/// Size of a part (bytes). Most answers are shorter, and free their connection before the client has read a byte.
const PART_BYTES: usize = 64 << 10;
/// Parts that wait for a client that reads slowly.
const PARTS: usize = 2;
/// How long a client may take for a part while other requests wait for a connection to the database.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first column of all rows of a statement, for statements with few rows.
///
/// # Errors
/// As the server reports them.
pub async fn first_column(
    connection: &Connection,
    sql: &str,
    params: &[Parameter],
) -> Result<Vec<String>, Failure> {
    let mut rows = connection.stream(sql, params).await?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next().await {
        texts.push(row?.get(0));
    }
    Ok(texts)
}

/// A body of all rows: the JSON of their first column, or all columns as values of CSV below this head. A failure after the first
/// part ends the client's connection, since the client must not take a part for the whole. The same happens if the client has not
/// read everything in `time`, and earlier if it reads slowly while others wait for a connection.
///
/// # Errors
/// As the server reports them before the first part is complete.
pub async fn body(
    connection: Connection,
    statement: &Statement,
    form: Form,
    head: &[String],
    time: Duration,
) -> Result<Body, Failure> {
    let deadline = Instant::now() + time;
    let mut rows = connection.stream(&statement.sql, &statement.parameters).await?;
    let mut part = Part::begin(form, head);
    if part.fill(&mut rows).await? {
        return Ok(Body::from(part.bytes));
    }
    let (sender, receiver) = mpsc::channel(PARTS);
    tokio::spawn(async move {
        let sent = timeout_at(deadline, send(&connection, &mut part, &mut rows, &sender)).await;
        let cause = match sent {
            Ok(Ok(())) => return,
            Ok(Err(cause)) => cause,
            Err(_) => "the client reads too slowly".to_owned(),
        };
        tracing::debug!("an answer was cut off: {cause}");
    });
    Ok(Body::from_stream(stream::unfold(Some(receiver), next)))
}

/// A part of an answer, and whether it is the last.
type Sent = (Bytes, bool);

/// The next part, with the receiver of further parts; an error if the sender has gone before the last part.
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
    connection: &Connection,
    part: &mut Part,
    rows: &mut Rows,
    sender: &mpsc::Sender<Sent>,
) -> Result<(), String> {
    let mut last = false;
    loop {
        let place = loop {
            match timeout(PATIENCE, sender.reserve()).await {
                Ok(Ok(place)) => break place,
                Ok(Err(_)) => return Err("the client has gone".to_owned()),
                Err(_) if connection.others_wait() => {
                    return Err("the client reads too slowly, and others wait".to_owned());
                }
                Err(_) => {}
            }
        };
        place.send((std::mem::take(&mut part.bytes).into(), last));
        if last {
            return Ok(());
        }
        last = part.fill(rows).await.map_err(|failure| failure.words())?;
    }
}

struct Part {
    bytes: Vec<u8>,
    form: Form,
    first: bool,
}

impl Part {
    fn begin(form: Form, head: &[String]) -> Part {
        let mut bytes = Vec::new();
        match form {
            Form::Json => bytes.push(b'['),
            Form::Csv => write_csv(&mut bytes, head.iter().map(|name| Some(name.as_str()))),
        }
        Part { bytes, form, first: true }
    }

    /// Adds rows until the part is full. Returns whether the last row is in it.
    async fn fill(&mut self, rows: &mut Rows) -> Result<bool, Failure> {
        while let Some(row) = rows.next().await {
            let row = row?;
            match self.form {
                Form::Json => {
                    let text: &str = row.get(0);
                    if !std::mem::take(&mut self.first) {
                        self.bytes.push(b',');
                    }
                    self.bytes.extend_from_slice(text.as_bytes());
                }
                Form::Csv => write_csv(&mut self.bytes, (0..row.len()).map(|at| row.get(at))),
            }
            if self.bytes.len() >= PART_BYTES {
                return Ok(false);
            }
        }
        if self.form == Form::Json {
            self.bytes.push(b']');
        }
        Ok(true)
    }
}

fn write_csv<'v>(bytes: &mut Vec<u8>, values: impl Iterator<Item = Option<&'v str>>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        match value {
            None => {}
            Some(text)
                if text.is_empty()
                    || text.contains([',', '"', '\r', '\n'])
                    || text.trim().len() < text.len() =>
            {
                bytes.push(b'"');
                bytes.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                bytes.push(b'"');
            }
            Some(text) => bytes.extend_from_slice(text.as_bytes()),
        }
    }
    bytes.extend_from_slice(b"\r\n");
}
