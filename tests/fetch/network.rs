//! What lies between: redirects to other hosts, certificates, proxies.

use pghaul_mock_api::Options;
use pghaul_test_support::{Authority, fetch, says};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const ECHO: &str = "headers: {X-API-Key: '${KEY}', X-Plain: seen, Authorization: Basic abc}\n    \
                    rows: '.[] | [.headers[\"x-api-key\"], .headers[\"x-plain\"], .headers.authorization]'\n    \
                    into: {table: e, mode: append, columns: {key: text, plain: text, auth: text}}";

#[test]
fn secret_headers_stay_with_their_host() {
    let job = fetch!(Options::default());
    let other = format!("{}/echo", job.api.other_base());
    let seen = |path: &str| {
        job.db.execute("DROP TABLE IF EXISTS e");
        job.config("{}\n", &format!("url: 'BASE{path}'\n    {ECHO}"));
        job.command(&[]).env("KEY", "hush-hush").run().assert_code(0).assert_never_says("hush-hush");
        job.db.one("SELECT concat_ws(' ', key, plain, auth) FROM e")
    };
    assert_eq!(seen("/fault/redirect"), "hush-hush seen Basic abc");
    assert_eq!(seen(&format!("/fault/redirect?to={other}")), "seen");
}

#[test]
fn secrets_in_urls_are_in_no_message_and_in_no_ledger() {
    let job = fetch!(Options::default());
    job.config("{}\n", "url: 'BASE/nowhere?key=${KEY}'\n    rows: '.[]'\n    into: {table: t, mode: append, columns: {id: int}}");
    let run = job.command(&["-v", "--report", "-"]).env("KEY", "hush-hush").run();
    run.assert_code(1).assert_stderr_has("/nowhere?key=***").assert_never_says("hush-hush");
    assert_eq!(job.db.one("SELECT count(*) FROM pghaul.fetches f WHERE f::text LIKE '%hush%'"), "0");
}

/// An authority's certificate (PEM), and what a server for `localhost` needs that it vouches for.
fn certificates() -> (String, Arc<ServerConfig>) {
    let authority = Authority::new("pghaul test CA");
    let (certificate, key) = authority.signed("localhost");
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    (authority.pem(), Arc::new(config))
}

#[test]
fn a_certificate_must_be_vouched_for() {
    let (authority, tls) = certificates();
    let job = fetch!(Options { tls: Some(tls), ..Options::default() });
    job.one("/fault/good", "");
    let message = job.fails(&[], 1);
    says(
        &message,
        &[
            "request 1 (https://localhost:",
            "certificate cannot be trusted",
            "name its authority with ca_file or SSL_CERT_FILE",
        ],
    );
    let file = job.work.write("ca.pem", &authority);
    job.command(&[]).env("SSL_CERT_FILE", &file).run().assert_code(0);
    job.one("/fault/good", "ca_file: ca.pem");
    job.run(&[], 0);
    assert_eq!(job.ids(), "1 1 2 2");
    job.one("/fault/good", "ca_file: gone.pem");
    says(&job.fails(&[], 2), &["gone.pem: ", "ca_file"]);
}

/// A proxy that opens tunnels; counts them.
fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tunnels);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            std::thread::spawn(move || {
                let mut input = BufReader::new(client.try_clone().unwrap());
                let mut line = String::new();
                input.read_line(&mut line).unwrap();
                let to =
                    line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
                while line.trim() != "" {
                    line.clear();
                    input.read_line(&mut line).unwrap();
                }
                let server = TcpStream::connect(to).unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
                (&client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut back, mut out) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut back, &mut out));
                let _ = std::io::copy(&mut input, &mut &server);
            });
        }
    });
    (url, tunnels)
}

#[test]
fn https_goes_through_the_proxy_unless_the_host_is_exempt() {
    let (authority, tls) = certificates();
    let job = fetch!(Options { tls: Some(tls), ..Options::default() });
    job.work.write("ca.pem", &authority);
    job.one("/fault/good", "ca_file: ca.pem");
    let (url, tunnels) = proxy();
    job.command(&[]).env("HTTPS_PROXY", &url).run().assert_code(0);
    assert_eq!(tunnels.load(Ordering::Relaxed), 1);
    job.command(&[]).env("HTTPS_PROXY", &url).env("NO_PROXY", "localhost").run().assert_code(0);
    assert_eq!(tunnels.load(Ordering::Relaxed), 1);
    assert_eq!(job.ids(), "1 1 2 2");
    let run = job.command(&["-q"]).env("HTTPS_PROXY", "no proxy").run();
    run.assert_code(2).assert_stderr_has("HTTPS_PROXY names no proxy");
}
