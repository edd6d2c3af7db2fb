//! Certificates, and the authorities that vouch for them.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;

/// An authority (CA) that nobody knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// One of this name.
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new([]).expect("a valid name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("make a key")).expect("sign"),
        )
    }

    /// Its certificate (PEM).
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for this host or user, and its key (both PEM).
    pub fn signed(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("make a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a valid name");
        (params.signed_by(&key, &self.0).expect("sign").pem(), key.serialize_pem())
    }

    /// What a server of this name needs for TLS.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        let (certificate, key) = self.signed(name);
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("the key is the certificate's");
        Arc::new(config)
    }
}
