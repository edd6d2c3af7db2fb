//! Requests without a response.

use super::origin::{InternalAddress, Origin};
use crate::error::with_sources;
use ureq::http::Uri;

/// Why a request has no response.
#[derive(Debug)]
pub enum Failure {
    /// Another try may help.
    Again(String),
    /// Another try would fail the same way.
    Never(String),
    /// The run was stopped.
    Stopped,
}

impl Failure {
    /// A request that would go to an address of this machine or its network.
    pub fn inside(origin: &Origin) -> Failure {
        Failure::Never(format!(
            "would go to {origin}, an address of this machine or its network that the job does not name; if that is right, \
         name it in origins"
        ))
    }

    /// A failed exchange: whether another try may help.
    pub fn of(error: &ureq::Error, url: &Uri) -> Failure {
        let text = with_sources(error);
        match error {
            ureq::Error::Other(other) if other.is::<InternalAddress>() => Failure::inside(&Origin::of(url)),
            _ if text.contains("certificate") => Failure::Never(format!(
                "is not sent, since the server's certificate cannot be trusted: {text}; name its authority with ca_file or SSL_CERT_FILE"
            )),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => {
                Failure::Never(text)
            }
            ureq::Error::Timeout(_) => Failure::Again(format!("takes longer than timeout allows ({text})")),
            _ => Failure::Again(text),
        }
    }
}
