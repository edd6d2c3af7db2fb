//! The HTTP gateway in front of a cache.
//!
//! It knows the registered replicas and their columns, gives rows ([`super::gateway_rows`]), and clears a replica. Clearing
//! removes all rows that the cache has at that moment, also those that came after ours were read.

use crate::error::with_sources;
use crate::run::{interrupt, web};
use crate::{Error, Place, Result};
use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use ureq::Agent;
use ureq::http::StatusCode;

/// How long the gateway may take to begin an answer. Before that, it asks Redis for each row by itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is not rows, bytes: the list of all replicas may be long.
const MOST_BYTES: u64 = 64 << 20;
/// The list of replicas when no replica is registered.
const NO_REPLICA: &str = "EMPTY";

/// The URL of a gateway, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayUrl(String);

impl GatewayUrl {
    /// Reads `http://HOST:PORT` or `https://HOST:PORT`, with a path or without.
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
    /// The gateway at `url`, which is not connected to yet.
    pub fn new(url: &GatewayUrl) -> Gateway {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect could lead to any address of this network.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .user_agent(concat!("pghaul/", env!("CARGO_PKG_VERSION")))
            .tls_config(web::tls_trusting(Vec::new()))
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
    /// An answer that is something else; a lost connection.
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

    /// The names of a replica's columns. Gateways give them as a list, as a text of one, or as an object whose member
    /// `COLUMNS`, or only member, is either.
    ///
    /// # Errors
    /// An answer that is something else; names that no columns can have; a lost connection.
    pub fn columns(&self, replica: &str) -> Result<Vec<String>> {
        let path = "/getReplicaColumns";
        let answer = self.json(path, &format!("?replica={}", web::percent_encoded(replica)))?;
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

    /// Tells the gateway to remove all rows of a replica.
    ///
    /// # Errors
    /// An answer that is no success; a lost connection.
    pub fn clear(&self, replica: &str) -> Result<()> {
        self.json("/clearRedisCache", &format!("?replica={}&remove=True", web::percent_encoded(replica)))
            .map(drop)
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

    /// The body of the answer to a request.
    ///
    /// # Errors
    /// A status that is no success; a lost connection; Ctrl-C.
    pub fn post(&self, path: &str, body: &str) -> Result<impl Read + Send + use<>> {
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
        // The status alone is an error; a body that cannot be read adds nothing.
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

    /// As the place of an error about an answer.
    pub fn place(&self, path: &str) -> Place {
        Place::file(format!("{}{path}", self.url.as_str()))
    }
}

fn names(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
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
}
