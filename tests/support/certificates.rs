//! Certificates, and the authorities that vouch for them.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

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
}
