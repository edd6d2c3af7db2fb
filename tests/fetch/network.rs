//! What lies between: redirects to other hosts, certificates, proxies.

use pghaul_mock_api::{Options, Request};
use pghaul_test_support::fetch::{Fetch, numbered};
use pghaul_test_support::{Authority, fetch, messages, says};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const ECHO: &str = "headers: {X-API-Key: '${KEY}', X-Plain: seen, Authorization: Basic abc, Cookie: c=1}\n    \
                    rows: '.. | objects | select(.target) | [.headers[\"x-api-key\"], .headers[\"x-plain\"], \
                    .headers.authorization, .headers.cookie, .body]'\n    \
                    pages: {next: '.next? // null'}\n    retries: 0\n    \
                    into: {table: e, mode: append, columns: {key: text, plain: text, auth: text, cookie: text, body: text}}";
const ALL: &str = "hush-hush seen Basic abc c=1 ";

/// What an API sees of a job whose URL is this path: all that `/echo` was sent, or the message of a run that fails.
fn seen(job: &Fetch, path: &str, keys: &str, proxy: &str) -> String {
    job.db.execute("DROP TABLE IF EXISTS e");
    job.config("{}\n", &format!("url: 'BASE{path}'\n    {ECHO}\n    {keys}"));
    let run = job
        .command(&["-q"])
        .env("KEY", "hush-hush")
        .env("http_proxy", proxy)
        .env("NO_PROXY", "localhost")
        .run();
    run.assert_never_says("hush-hush");
    match run.code {
        0 => job.db.one("SELECT concat_ws(' ', key, plain, auth, cookie, body) FROM e"),
        _ => messages(&run).join("\n"),
    }
}

#[test]
fn headers_and_body_stay_with_the_origins_that_the_job_names() {
    let job = fetch!(Options::default());
    let (proxy, _) = proxy(Some(job.api.other_base().trim_start_matches("http://").to_owned()));
    let other = "http://other.example/echo";
    const POST: &str = "method: POST\n    body: '{{\"secret\": \"${KEY}\"}}'";
    const LISTED: &str = "\n    origins: ['http://other.example']";
    const BODY: &str = "would send its body to http://other.example, where the API leads";
    assert_eq!(seen(&job, "/fault/redirect", "", ""), ALL);
    assert_eq!(seen(&job, "/echo", POST, ""), ALL.to_owned() + r#"{"secret": "hush-hush"}"#);
    for path in [301, 302, 303, 307, 308].map(|status| format!("/fault/redirect?status={status}&to={other}"))
    {
        assert_eq!(seen(&job, &path, "", &proxy), "", "{path}");
        assert_eq!(seen(&job, &path, LISTED, &proxy), ALL, "{path}");
    }
    for path in [301, 302, 303].map(|status| format!("/fault/redirect?status={status}&to={other}")) {
        assert_eq!(seen(&job, &path, POST, &proxy), "", "{path}: sent as GET, without a body");
    }
    let next = format!("/fault/next?to={other}");
    assert_eq!(seen(&job, &next, "", &proxy), "");
    for path in
        [307, 308].map(|status| format!("/fault/redirect?status={status}&to={other}")).iter().chain([&next])
    {
        says(&seen(&job, path, POST, &proxy), &[BODY, "name it in origins"]);
        let sent = seen(&job, path, &(POST.to_owned() + LISTED), &proxy);
        assert_eq!(sent, ALL.to_owned() + r#"{"secret": "hush-hush"}"#, "{path}");
    }
}

#[test]
fn no_request_goes_into_this_network_unless_the_job_names_the_origin() {
    let job = fetch!(Options::default());
    let inside = job.api.other_base();
    let port = inside.rsplit(':').next().unwrap();
    let names = [
        inside.as_str(),
        &format!("http://[::1]:{port}"),
        &format!("http://2130706433:{port}"),
        &format!("http://0x7f.1:{port}"),
        &format!("http://x.localhost:{port}"),
        "http://169.254.169.254",
        "http://10.0.0.1:5432",
    ];
    let (proxy, asked) = proxy(Some(inside.trim_start_matches("http://").to_owned()));
    for proxy in ["", &proxy] {
        for name in names {
            for path in [format!("/fault/redirect?to={name}/echo"), format!("/fault/next?to={name}/echo")] {
                let message = seen(&job, &path, "", proxy);
                says(&message, &["an address of this machine or its network", "name it in origins"]);
            }
        }
    }
    let passed_on = asked.requests.lock().unwrap().iter().filter(|(line, _)| line.contains("/echo")).count();
    assert_eq!((passed_on, asked.tunnels.load(Ordering::Relaxed), job.api.count("/echo")), (0, 0, 0));
    let keys = format!("origins: ['{inside}']");
    assert_eq!(seen(&job, &format!("/fault/redirect?to={inside}/echo"), &keys, ""), ALL);
    // A request chooses the host.
    let templated = |keys: &str| {
        let keys = format!(
            "url: 'http://{{host}}:{port}/small/1'\n    rows: '.[] | [.]'\n    retries: 0\n    {keys}"
        );
        job.config(
            "{\"host\": \"127.0.0.1\"}\n",
            &format!("{keys}\n    into: {{table: t, mode: append, columns: {{id: int}}}}"),
        );
    };
    templated("");
    says(&job.fails(&[], 1), &["an address of this machine or its network"]);
    templated(&keys);
    job.run(&[], 0);
    templated("origins: ['127.0.0.1']");
    says(&job.fails(&[], 2), &["fetch.job.origins", "is no origin", "https://other.example"]);
}

#[test]
fn secrets_in_urls_are_in_no_message_and_in_no_ledger() {
    let job = fetch!(Options::default());
    job.config("{}\n", "url: 'BASE/nowhere?key=${KEY}'\n    rows: '.[]'\n    into: {table: t, mode: append, columns: {id: int}}");
    let run = job.command(&["-v", "--report", "-"]).env("KEY", "hush-hush").run();
    run.assert_code(1).assert_stderr_has("/nowhere?key=***").assert_never_says("hush-hush");
    assert_eq!(job.db.one("SELECT count(*) FROM pghaul.fetches f WHERE f::text LIKE '%hush%'"), "0");
}

#[test]
fn a_certificate_must_be_vouched_for() {
    let authority = Authority::new("pghaul test CA");
    let job = fetch!(Options { tls: Some(authority.server("localhost")), ..Options::default() });
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
    let file = job.work.write("ca.pem", authority.pem());
    job.command(&[]).env("SSL_CERT_FILE", &file).run().assert_code(0);
    job.one("/fault/good", "ca_file: ca.pem");
    job.run(&[], 0);
    assert_eq!(job.ids(), "1 1 2 2");
    job.one("/fault/good", "ca_file: gone.pem");
    says(&job.fails(&[], 2), &["gone.pem: ", "ca_file"]);
}

/// What a proxy was asked for.
#[derive(Default)]
struct Asked {
    /// Tunnels that it has opened.
    tunnels: AtomicUsize,
    /// Requests with a whole URL that it has passed on: their first lines, and who asked.
    requests: Mutex<Vec<(String, String)>>,
    /// The connections that they came over.
    connections: AtomicUsize,
}

/// A proxy that passes on requests for `http://` and opens tunnels, all of them to `to` if that is given.
fn proxy(to: Option<String>) -> (String, Arc<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Asked::default());
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (counted, to) = (Arc::clone(&counted), to.clone());
            std::thread::spawn(move || {
                let mut input = BufReader::new(client.try_clone().unwrap());
                let mut is_first = true;
                while let Some(request) = Request::read(&mut input).unwrap() {
                    if request.method == "CONNECT" {
                        return tunnel(&client, input, &to.unwrap_or(request.target), &counted);
                    }
                    counted
                        .connections
                        .fetch_add(usize::from(std::mem::take(&mut is_first)), Ordering::Relaxed);
                    pass_on(&client, &request, to.as_deref(), &counted);
                }
            });
        }
    });
    (url, asked)
}

fn tunnel(client: &TcpStream, mut input: BufReader<TcpStream>, to: &str, counted: &Asked) {
    let server = TcpStream::connect(to).unwrap();
    counted.tunnels.fetch_add(1, Ordering::Relaxed);
    let mut client = client;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut back, mut out) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut back, &mut out));
    let _ = std::io::copy(&mut input, &mut &server);
}

/// Sends a request on, as one of the server's own, and its answer back.
fn pass_on(client: &TcpStream, request: &Request, to: Option<&str>, counted: &Asked) {
    let line = format!("{} {}", request.method, request.target);
    let who = request.header("proxy-authorization").unwrap_or_default().to_owned();
    counted.requests.lock().unwrap().push((line, who));
    let (host, path) = request.target.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let server = TcpStream::connect(to.unwrap_or(host)).unwrap();
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{} /{path} HTTP/1.1\r\n{}\r\n", request.method, headers.concat());
    (&server).write_all(&[head.as_bytes(), &request.body].concat()).unwrap();
    let mut answer = BufReader::new(&server);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        assert!(answer.read_line(&mut head).unwrap() > 0, "the server has ended");
        if let Some((name, value)) = head[start..].split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body).unwrap();
    let mut client = client;
    client.write_all(&[head.as_bytes(), &body].concat()).unwrap();
}

#[test]
fn http_goes_to_the_proxy_with_its_whole_url_as_curl_sends_it() {
    let job = fetch!(Options::default());
    let keys = "url: 'http://api.example:81/small/{id}?a=b'\n    rows: '.[] | [.]'\n    concurrency: 1\n    retries: 0";
    let into = "into: {table: t, mode: append, columns: {id: bigint}}";
    job.config(
        &numbered(3),
        &format!("{keys}\n    method: POST\n    body: '{{{{\"x\": {{id}}}}}}'\n    {into}"),
    );
    let (url, asked) = proxy(Some(job.api.base().trim_start_matches("http://").to_owned()));
    let with_user = url.replace("://", "://me:pa%40ss@");
    let run = job.command(&["-v"]).env("http_proxy", with_user).run();
    run.assert_code(0).assert_never_says("pa%40ss").assert_never_says("pa@ss");
    assert_eq!(job.ids(), "1 2 3");
    let requests = asked.requests.lock().unwrap();
    // `me:pa@ss`
    let who = "Basic bWU6cGFAc3M=";
    let expected = [1, 2, 3].map(|id| (format!("POST http://api.example:81/small/{id}?a=b"), who.to_owned()));
    assert_eq!(*requests, expected);
    // One connection is enough, and no tunnel is asked for, which many proxies refuse for port 80.
    assert_eq!((asked.connections.load(Ordering::Relaxed), asked.tunnels.load(Ordering::Relaxed)), (1, 0));
}

#[test]
fn https_goes_through_the_proxy_unless_the_host_is_exempt() {
    let authority = Authority::new("pghaul test CA");
    let job = fetch!(Options { tls: Some(authority.server("localhost")), ..Options::default() });
    job.work.write("ca.pem", authority.pem());
    job.one("/fault/good", "ca_file: ca.pem");
    let (url, asked) = proxy(None);
    job.command(&[]).env("HTTPS_PROXY", &url).run().assert_code(0);
    assert_eq!(asked.tunnels.load(Ordering::Relaxed), 1);
    job.command(&[]).env("HTTPS_PROXY", &url).env("NO_PROXY", "localhost").run().assert_code(0);
    assert_eq!(asked.tunnels.load(Ordering::Relaxed), 1);
    assert_eq!(job.ids(), "1 1 2 2");
    let run = job.command(&["-q"]).env("HTTPS_PROXY", "no proxy").run();
    run.assert_code(2).assert_stderr_has("HTTPS_PROXY names no proxy");
}

#[test]
fn a_socks_proxy_is_refused_before_the_first_request() {
    let job = fetch!(Options::default());
    job.one("/fault/good", "");
    for (name, url) in [("ALL_PROXY", "socks5://127.0.0.1:9"), ("http_proxy", "socks4a://127.0.0.1:9")] {
        let run = job.command(&["-q"]).env(name, url).run();
        run.assert_code(2).assert_stderr_has(&format!("{name} names a SOCKS proxy, which is not supported"));
    }
    assert_eq!(job.api.count("/fault/good"), 0);
}
