//! Counts of requests, in the format that Prometheus reads.

use super::peer::Peer;
use super::turns::Work;
use crate::Result;
use crate::serve::database::connection::Connection;
use crate::serve::database::pool::Pool;
use crate::serve::tables::catalog::has_readable_ledger;
use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The media type of the text.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A gauge with fractions, such as seconds.
type Fractional = Gauge<f64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    subject: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SubjectLabels {
    method: String,
    subject: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoadLabels {
    schema: String,
    unit: String,
    mother: String,
    app: String,
    version: String,
}

/// The counts since the start of the process.
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<SubjectLabels, Histogram, fn() -> Histogram>,
}

impl Metrics {
    /// Counts that are all zero.
    pub fn new() -> Metrics {
        Metrics {
            requests: Family::default(),
            // From half a millisecond to 16 seconds.
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.0005, 2.0, 16))),
        }
    }

    /// Counts an answer.
    pub fn count(&self, method: &Method, subject: &str, status: StatusCode, time: Duration) {
        let (method, subject) = (method_label(method).to_owned(), subject.to_owned());
        let labels = SubjectLabels { method: method.clone(), subject: subject.clone() };
        self.seconds.get_or_create(&labels).observe(time.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels { method, subject, status: status.as_str().to_owned() })
            .inc();
    }

    /// All counts as text, with the present state of the pool and the ledger.
    pub async fn text(&self, pool: &Pool, peer: Peer) -> String {
        let mut registry = Registry::with_prefix("pghaul");
        registry.register("http_requests", "Requests", self.requests.clone());
        registry.register(
            "http_request_seconds",
            "Time from a request to the head of its answer",
            self.seconds.clone(),
        );
        let (size, idle) = pool.size();
        for (name, help, value) in [
            ("database_connections", "Connections to the database", size),
            ("database_connections_idle", "Connections to the database that no request uses", idle),
            ("database_waiting", "Requests that wait for a connection to the database", pool.waiting()),
        ] {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        }
        let loads = match pool.get(Work { peer, is_row: false }).await {
            Ok(connection) => register_loads(&connection, &mut registry).await,
            Err(error) => Err(error),
        };
        let up = Gauge::<i64>::default();
        up.set(i64::from(loads.is_ok()));
        registry.register("database_up", "Whether the database answers", up);
        let mut text = String::new();
        if encode(&mut text, &registry).is_err() {
            unreachable!("writing to a String does not fail");
        }
        text
    }
}

/// A label for a method. Clients could send any number of others.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Registers the last load of each unit.
async fn register_loads(connection: &Connection, registry: &mut Registry) -> Result<()> {
    if !has_readable_ledger(connection).await? {
        return Ok(());
    }
    let [rows, bytes] = [Family::<LoadLabels, Gauge>::default(), Family::default()];
    let [finished, seconds] = [Family::<LoadLabels, Fractional>::default(), Family::default()];
    for row in connection.query(include_str!("loads.sql"), &[]).await? {
        let labels = LoadLabels {
            schema: row.get(0),
            unit: row.get(1),
            mother: row.get(2),
            app: row.get(3),
            version: row.get(4),
        };
        rows.get_or_create(&labels).set(row.get(5));
        bytes.get_or_create(&labels).set(row.get(6));
        finished.get_or_create(&labels).set(row.get(7));
        seconds.get_or_create(&labels).set(row.get(8));
    }
    registry.register("load_rows", "Rows of the last load of a unit", rows);
    registry.register("load_bytes", "Bytes of the data file of the last load of a unit", bytes);
    registry.register(
        "load_finished_timestamp_seconds",
        "When the last load of a unit was published",
        finished,
    );
    registry.register("load_seconds", "How long the last load of a unit took", seconds);
    Ok(())
}
