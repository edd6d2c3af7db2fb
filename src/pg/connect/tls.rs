//! TLS as `sslmode` asks for it (PostgreSQL documentation, "SSL Support").

use super::choices::{RootCert, SslMode};
use super::params::Params;
use super::verify::ChainOnly;
use crate::{Error, Place, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A TLS connector with the certificates and the key of `params`, or as in libpq with those in `~/.postgresql`.
///
/// # Errors
/// A file that is missing, cannot be read, or is open to others.
pub(super) fn connector(params: &Params, home: Option<&Path>) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(params, home, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::refused)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match client_certificate(params, home)? {
        None => builder.with_no_client_auth(),
        Some((certificates, key, file)) => {
            builder.with_client_auth_cert(certificates, key).map_err(|error| refused(&file, error))?
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

/// The check whether the server is the right one.
fn verifier(
    params: &Params,
    home: Option<&Path>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>> {
    let algorithms = provider.signature_verification_algorithms;
    let roots = match params.ssl_mode() {
        // Where there is a root file, libpq would check the chain here too, and go on without TLS after a failure.
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => None,
        mode => roots(params, mode, home)?,
    };
    match roots {
        Some(roots) if params.ssl_mode() == SslMode::VerifyFull => {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
            Ok(builder.build().map_err(Error::refused)?)
        }
        roots => Ok(Arc::new(ChainOnly::new(roots, algorithms))),
    }
}

/// The authorities to trust. `require` checks the chain only where there is a root file; libpq does so for compatibility with
/// its earlier versions.
fn roots(params: &Params, mode: SslMode, home: Option<&Path>) -> Result<Option<RootCertStore>> {
    let file = match &params.sslrootcert {
        Some(RootCert::System) => return system_roots().map(Some),
        Some(RootCert::File(file)) => Some(file.clone()),
        None => default_file(home, "root.crt"),
    };
    match file.filter(|file| file.exists()) {
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(&file)? {
                roots.add(certificate).map_err(|error| refused(&file, error))?;
            }
            Ok(Some(roots))
        }
        None if mode == SslMode::Require => Ok(None),
        None => {
            let file = match &params.sslrootcert {
                Some(RootCert::File(file)) => file.display().to_string(),
                _ => "~/.postgresql/root.crt".to_owned(),
            };
            Err(Error::refused("sslmode asks to verify the server, but there is no root certificate file")
                .at(Place::file(file))
                .remedy("put the server's CA there, name it with sslrootcert, or trust the system's with sslrootcert=system"))
        }
    }
}

fn system_roots() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Error::refused(format!("the system has no trusted certificates: {}", why.join(", ")))
            .remedy("install ca-certificates, or name a file with sslrootcert"));
    }
    Ok(roots)
}

type ClientCertificate = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, PathBuf);

fn client_certificate(params: &Params, home: Option<&Path>) -> Result<Option<ClientCertificate>> {
    let default = || default_file(home, "postgresql.crt").filter(|file| file.exists());
    let Some(file) = params.sslcert.clone().or_else(default) else { return Ok(None) };
    let chain = certificates(&file)?;
    let Some(key_file) = params.sslkey.clone().or_else(|| default_file(home, "postgresql.key")) else {
        return Err(refused(&file, "the certificate's key is missing").remedy("name it with sslkey"));
    };
    let metadata = fs::metadata(&key_file).map_err(|error| refused(&key_file, error))?;
    // It is libpq's rule: the group may read a key of root's, which programs share.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        return Err(refused(&key_file, "others can read this private key").remedy("chmod 0600 it"));
    }
    let key = PrivateKeyDer::from_pem_file(&key_file).map_err(|error| refused(&key_file, error))?;
    Ok(Some((chain, key, file)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().map_err(|error| refused(file, error))?;
    if certificates.is_empty() { Err(refused(file, "no certificate (PEM) in it")) } else { Ok(certificates) }
}

fn default_file(home: Option<&Path>, name: &str) -> Option<PathBuf> {
    home.map(|home| home.join(".postgresql").join(name))
}

fn refused(file: &Path, what: impl std::fmt::Display) -> Error {
    Error::refused(what).at(Place::file(file.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn error(text: &str, home: &Path) -> String {
        connector(&parse(text).unwrap(), Some(home)).err().expect(text).to_string()
    }

    #[test]
    fn only_the_verifying_modes_need_a_root_file() {
        let home = tempfile::tempdir().unwrap();
        for mode in ["allow", "prefer", "require"] {
            connector(&parse(&format!("sslmode={mode}")).unwrap(), Some(home.path())).unwrap();
        }
        for mode in ["verify-ca", "verify-full"] {
            let text = error(&format!("sslmode={mode}"), home.path());
            assert!(text.starts_with("~/.postgresql/root.crt: ") && text.contains("sslrootcert"), "{text}");
            let text = error(&format!("sslmode={mode} sslrootcert=/no/such"), home.path());
            assert!(text.starts_with("/no/such: "), "{text}");
        }
    }

    #[test]
    fn a_root_file_without_certificates_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".postgresql");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("root.crt"), "nothing").unwrap();
        let text = error("sslmode=require", home.path());
        assert!(text.ends_with("root.crt: no certificate (PEM) in it"), "{text}");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let [cert, key] = ["c.pem", "k.pem"].map(|name| home.path().join(name));
        let pair = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
        fs::write(&cert, pair.cert.pem()).unwrap();
        fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
        let text = format!("sslcert={} sslkey={}", cert.display(), key.display());
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(error(&text, home.path()).contains("others can read"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        connector(&parse(&text).unwrap(), Some(home.path())).unwrap();
    }
}
