//! The settings of the client, as a job has them.

use super::auth::Auth;
use super::header::Header;
use super::origin::Origin;
use std::path::Path;
use std::time::Duration;

/// What a job says about requests to the API.
#[derive(Debug, Clone, Copy)]
pub struct ClientSettings<'s> {
    /// The job's name, for messages.
    pub job: &'s str,
    /// The method.
    pub method: &'s str,
    /// The headers of each request.
    pub headers: &'s [Header],
    /// How requests show who sends them.
    pub auth: Option<&'s Auth>,
    /// Whether the job's URL names its host. If not, requests choose it, and it must not be inside the network.
    pub names_host: bool,
    /// Other origins that get headers and body, and may be inside the network.
    pub origins: &'s [Origin],
    /// Requests in a window; 0 for no limit.
    pub limit: usize,
    /// The length of the window.
    pub window: Duration,
    /// Whether a request counts until its response has come.
    pub strict: bool,
    /// Requests at once.
    pub concurrency: usize,
    /// The longest time for one request with its response.
    pub timeout: Duration,
    /// The longest wait that the API may ask for.
    pub max_wait: Duration,
    /// The largest response, bytes.
    pub max_response: u64,
    /// The memory of all large responses and their values, bytes.
    pub max_memory: u64,
    /// Certificates that are trusted besides those of the system.
    pub ca_file: Option<&'s Path>,
}
