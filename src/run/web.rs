//! What all requests to web servers have in common.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// All characters but those that stand for themselves everywhere in a URL (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of a URL: percent-encoded.
pub fn percent_encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

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
