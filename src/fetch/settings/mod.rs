//! The settings of `pghaul fetch`: a job of the configuration, and flags.

mod faults;
mod resolve;
mod sender;

use crate::config::Destination;
use crate::copy::input::charset::Charset;
use crate::copy::rejects::limit::RejectLimit;
use crate::fetch::api::auth::Auth;
use crate::fetch::api::client_settings::ClientSettings;
use crate::fetch::api::header::{Header, JobHeader};
use crate::fetch::api::origin::Origin;
use crate::fetch::pages::Pages;
use crate::fetch::requests::maker::RequestRules;
use crate::fetch::requests::source::Source;
use crate::fetch::requests::template::Template;
use crate::fetch::response::body::{BodyRules, Form};
use crate::fetch::response::shape::ResponseRules;
use crate::fetch::secrets::Secrets;
use crate::fetch::since::Since;
use crate::table::ledger::fetches::turns::SharedLimit;
use std::path::PathBuf;
use std::time::Duration;

/// The time in which the API allows so many requests.
pub const DEFAULT_PER: Duration = Duration::from_secs(1);

/// What was typed.
#[derive(Debug, Default)]
pub struct RunRequest {
    /// The job's name.
    pub job: String,
    /// Whether the run goes on with what an earlier one has begun.
    pub resume: bool,
    /// How many requests may fail for good.
    pub max_failures: u64,
    /// How many rows may be rejected.
    pub max_rejects: RejectLimit,
    /// The folder for rejects.
    pub rejects: Option<PathBuf>,
    /// Connections that write rows.
    pub workers: Option<usize>,
}

/// A job.
#[derive(Debug)]
pub struct Settings {
    /// Its name.
    pub job: String,
    /// The source of requests.
    pub source: Source,
    /// The URL of a request.
    pub url: Template,
    /// The method.
    pub method: String,
    /// The headers that are the same in each request.
    pub headers: Vec<Header>,
    /// The headers that the fields of a request fill.
    pub filled_headers: Vec<JobHeader>,
    /// How requests show who sends them.
    pub auth: Option<Auth>,
    /// Other origins that get headers and body, and may be inside the network.
    pub origins: Vec<Origin>,
    /// The body of a request.
    pub body: Option<Template>,
    /// Requests in a window; 0 for no limit.
    pub limit: usize,
    /// The window's length.
    pub window: Duration,
    /// Whether a request counts until its response has come.
    pub strict: bool,
    /// The limit that jobs and processes with the same database share.
    pub share: Option<String>,
    /// Requests at once.
    pub concurrency: usize,
    /// The longest time for one request with its response.
    pub timeout: Duration,
    /// Further tries of a request.
    pub retries: u32,
    /// The longest wait that the API may ask for.
    pub max_wait: Duration,
    /// The filter that tells a success.
    pub success: Option<String>,
    /// The filter that gives the seconds to wait.
    pub wait: Option<String>,
    /// The filter that gives the rows.
    pub rows: String,
    /// The pages of a request.
    pub pages: Option<Pages>,
    /// Statuses that mean: there is nothing.
    pub empty: Vec<u16>,
    /// The form of the responses.
    pub form: Form,
    /// The encoding of the responses, where the job names it.
    pub encoding: Option<Charset>,
    /// The largest response, bytes.
    pub max_response: u64,
    /// The memory of all large responses and their values, bytes.
    pub max_memory: u64,
    /// Certificates that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// What has changed since the last run.
    pub since: Option<Since>,
    /// The table for the rows.
    pub into: Destination,
    /// Statements before the first request.
    pub before: Vec<String>,
    /// Statements after the rows are published.
    pub after: Vec<String>,
    /// Values that are never shown.
    pub secrets: Secrets,
    /// Whether the run goes on with what an earlier one has begun.
    pub resume: bool,
    /// How many requests may fail for good.
    pub max_failures: u64,
    /// How many rows may be rejected.
    pub max_rejects: RejectLimit,
    /// The folder for rejects.
    pub rejects: PathBuf,
    /// Connections that write rows.
    pub workers: usize,
}

impl Settings {
    /// What concerns the making of requests.
    pub fn request_rules<'s>(&'s self, since: Option<&'s str>) -> RequestRules<'s> {
        RequestRules {
            job: &self.job,
            method: &self.method,
            url: &self.url,
            body: self.body.as_ref(),
            headers: &self.filled_headers,
            since,
            pages: self.pages.as_ref(),
        }
    }

    /// What concerns the exchange with the API.
    pub fn client_settings(&self) -> ClientSettings<'_> {
        ClientSettings {
            job: &self.job,
            method: &self.method,
            headers: &self.headers,
            auth: self.auth.as_ref(),
            names_host: self.url.names_host(),
            origins: &self.origins,
            limit: self.limit,
            window: self.window,
            strict: self.strict,
            concurrency: self.concurrency,
            timeout: self.timeout,
            max_wait: self.max_wait,
            max_response: self.max_response,
            max_memory: self.max_memory,
            ca_file: self.ca_file.as_deref(),
        }
    }

    /// The limit that the job shares with others.
    pub fn shared_limit(&self) -> Option<SharedLimit> {
        let name = self.share.clone()?;
        Some(SharedLimit { name, limit: self.limit, window: self.window, longest: self.timeout })
    }

    /// What concerns the meaning of responses.
    pub fn response_rules(&self) -> ResponseRules {
        ResponseRules {
            rows: self.rows.clone(),
            success: self.success.clone(),
            wait: self.wait.clone(),
            pages: self.pages.clone(),
            empty: self.empty.clone(),
            body: BodyRules { form: self.form, encoding: self.encoding, max_memory: self.max_memory },
        }
    }
}
