//! The HTTP gateway in front of a cache.
//!
//! It gives the first N rows of a replica. `topn=-1` is never asked for, since the gateway then leaves the last row out: N grows
//! until fewer rows come. Its clearing removes whatever is there, also what came after the rows were read.

use super::pages::{Page, RowSource};
use super::rejected::RejectedRows;
use crate::error::with_sources;
use crate::run::{interrupt, workers};
use crate::{Error, Place, Result};
use crossbeam_channel::{Receiver, Sender, bounded};
use rustls::crypto::ring;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Rows asked for at first.
const FIRST_ROWS: u64 = 65_536;
/// How many times more are asked for when as many came as were asked for.
const GROWTH: u64 = 4;
/// Rows that travel together.
const PAGE_ROWS: usize = 4_096;
/// How long the gateway may take to begin an answer. It asks Redis for every single row before.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most of a short answer that is read, bytes: the list of all replicas.
const MOST_BYTES: u64 = 64 << 20;
/// Buffer between the connection and the parser, bytes.
const BUFFER_BYTES: usize = 256 << 10;
/// What the list of replicas says where there is none.
const NO_REPLICA: &str = "EMPTY";

/// Where a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayUrl(String);

impl GatewayUrl {
    /// Understands `http://HOST:PORT` or `https://HOST:PORT`, with a path or without.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(url: &str) -> Result<GatewayUrl> {
        let base = url.trim_end_matches('/');
        let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']) => {
                Ok(GatewayUrl(base.to_owned()))
            }
            _ => Err(Error::refused("from: is neither the URL of a Redis nor that of a gateway")
                .remedy(super::address::URL_FORMS)),
        }
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Talks to a gateway.
pub struct Gateway {
    url: GatewayUrl,
    agent: Agent,
}

impl Gateway {
    /// For the gateway at `url`; nothing is asked yet.
    pub fn new(url: &GatewayUrl) -> Gateway {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .user_agent(concat!("pghaul/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls())
            .build();
        Gateway { url: url.clone(), agent: config.new_agent() }
    }

    /// The gateway, for messages and the ledger.
    pub fn describe(&self) -> &str {
        self.url.as_str()
    }

    /// The registered replicas.
    ///
    /// # Errors
    /// What the gateway answers, if not that; a lost connection.
    pub fn replicas(&self) -> Result<Vec<String>> {
        let path = "/getRegisteredReplics";
        let answer = self.json(path, "")?;
        let list = match &answer {
            Value::Object(members) if members.len() == 1 => members.values().next(),
            other => Some(other),
        };
        match list {
            Some(Value::String(names)) if names == NO_REPLICA || names.is_empty() => Ok(Vec::new()),
            Some(Value::String(names)) => Ok(names.split(", ").map(str::to_owned).collect()),
            Some(list) => names(list).ok_or_else(|| self.not_understood(path, &answer)),
            None => Err(self.not_understood(path, &answer)),
        }
    }

    /// The names of a replica's columns: a list, as itself, as a text, or as the only member or that of the name `COLUMNS`.
    ///
    /// # Errors
    /// What the gateway answers, if not that; a lost connection.
    pub fn columns(&self, replica: &str) -> Result<Vec<String>> {
        let path = "/getReplicaColumns";
        let answer = self.json(path, &format!("?replica={}", encoded(replica)))?;
        let list = match &answer {
            Value::Object(members) => match members.get("COLUMNS") {
                None if members.len() == 1 => members.values().next(),
                found => found,
            },
            other => Some(other),
        };
        let found = match list {
            Some(Value::String(text)) => serde_json::from_str(text).ok(),
            Some(list) => names(list),
            None => None,
        };
        let columns = found.ok_or_else(|| self.not_understood(path, &answer).into_refused())?;
        super::meta::in_table(&columns).map_err(|error| error.at(self.place(path)))
    }

    /// Has the gateway remove all rows of a replica.
    ///
    /// # Errors
    /// What the gateway answers, if not that; a lost connection.
    pub fn clear(&self, replica: &str) -> Result<()> {
        self.json("/clearRedisCache", &format!("?replica={}&remove=True", encoded(replica))).map(drop)
    }

    fn json(&self, path: &str, body: &str) -> Result<Value> {
        let mut text = Vec::new();
        let answer = self.post(path, body)?;
        answer.take(MOST_BYTES).read_to_end(&mut text).map_err(|error| self.lost(path, &error))?;
        serde_json::from_slice(&text).map_err(|error| {
            let start = crate::error::shortened(&String::from_utf8_lossy(&text), 200);
            Error::failed(format!("the gateway's answer is no JSON ({error}): {start}")).at(self.place(path))
        })
    }

    /// The body of the answer to a request, which must be a good one.
    fn post(&self, path: &str, body: &str) -> Result<impl Read + Send + use<>> {
        interrupt::check()?;
        let request = self.agent.post(format!("{}{path}", self.url.as_str()));
        let request = request.content_type("application/x-www-form-urlencoded");
        let answer = request.send(body).map_err(|error| {
            Error::failed(format!("the gateway: {}", with_sources(&error)))
                .at(self.place(path))
                .of_connection()
        })?;
        let status = answer.status();
        let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        if status.is_success() {
            return Ok(reader);
        }
        let mut start = Vec::new();
        // What the answer says besides its status is a courtesy.
        let _ = reader.by_ref().take(200).read_to_end(&mut start);
        let start = String::from_utf8_lossy(&start);
        let error = Error::failed(format!("the gateway answers {status}: {start}")).at(self.place(path));
        let may_pass = matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        ) || status.is_server_error();
        Err(if may_pass { error.of_connection() } else { error })
    }

    fn lost(&self, path: &str, error: &std::io::Error) -> Error {
        Error::failed(format!("the gateway: {error}")).at(self.place(path)).of_connection()
    }

    fn not_understood(&self, path: &str, answer: &Value) -> Error {
        let answer = crate::error::shortened(&answer.to_string(), 200);
        Error::failed(format!("the gateway's answer is no list of names: {answer}")).at(self.place(path))
    }

    fn place(&self, path: &str) -> Place {
        Place::file(format!("{}{path}", self.url.as_str()))
    }
}

/// The system's authorities, and the cryptography that is there anyway.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<Certificate<'static>> =
        found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build()
}

fn names(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// A value of a query (RFC 3986, section 2.3: what needs no encoding).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// All rows of a replica, as one answer of the gateway has them.
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
        let body = format!("?replica={}&topn={}", encoded(self.replica), self.asked_for);
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
                // One that ends early was cut off.
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
            // The thread has ended, and says how.
            Err(_) => match thread.join() {
                Ok(done) => done.map(|()| None),
                Err(_) => Err(Error::failed(workers::PANICKED)),
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
                // Nobody wants more.
                return Err(serde::de::Error::custom("no longer wanted"));
            }
        }
        // Nobody may want it.
        let _ = self.send.send(Page::of(self.page));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_gateway_is_one() {
        assert_eq!(GatewayUrl::parse("http://h:8003/").unwrap().as_str(), "http://h:8003");
        for url in ["", "h:8003", "ftp://h", "http://", "http://u:p@h", "http://h/?x"] {
            assert!(GatewayUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        assert_eq!(encoded("a_b-c.d~1 &ü%"), "a_b-c.d~1%20%26%C3%BC%25");
    }
}
