//! What all requests to web servers have in common.

// A secret in a URL is hidden in the form in which it is sent.
pub use crate::secret::percent_encoded;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// TLS that trusts the certificate authorities of the system (or of `SSL_CERT_FILE`), and those of `own`.
pub fn tls_trusting(own: Vec<CertificateDer<'static>>) -> TlsConfig {
    let mut authorities = rustls_native_certs::load_native_certs().certs;
    authorities.extend(own);
    let roots: Vec<Certificate<'static>> =
        authorities.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_stand_for_itself_in_a_url_is_encoded() {
        assert_eq!(percent_encoded("a_b-c.d~1 &ü%").to_string(), "a_b-c.d~1%20%26%C3%BC%25");
    }
}
