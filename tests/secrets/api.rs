//! Secrets of an API.

use crate::hostile::Hostile;
use crate::{Matrix, ascii_canary};
use pghaul_mock_api::{MockApi, Options};
use pghaul_test_support::{Authority, Run};

/// Where a job of `fetch` has secrets.
const OF_A_JOB: [&str; 6] = ["header", "variable header", "bearer", "basic", "query", "body"];

#[test]
fn secrets_of_an_api_are_in_no_output() {
    let mut matrix = Matrix::new(&OF_A_JOB, ascii_canary);
    let texts = matrix.all_forms();
    let hostile = Hostile::api(texts.clone());
    let requests: String = (0..texts.len()).map(|number| format!("{{\"n\": {number}}}\n")).collect();
    matrix.write("requests.ndjson", requests);
    for (kind, code) in [
        ("denied", 1),
        ("refused", 1),
        ("later", 1),
        ("garbage", 1),
        ("row", 3),
        ("filter", 1),
        ("next", 1),
        ("redirect", 1),
    ] {
        for args in [
            "fetch job -v --report report.json --max-failures 10000 --max-rejects 10000",
            "fetch job --resume --max-failures 10000 --max-rejects 10000",
            "config show",
            "config check",
        ] {
            let url = format!("http://127.0.0.1:{}/{kind}/{{n}}", hostile.port);
            let run = matrix.look_at_job(&format!("{kind}: {args}"), &url, args);
            if args.starts_with("fetch") && !args.contains("--resume") {
                run.assert_code(code);
            }
        }
    }
    let heard = hostile.heard.lock().unwrap().clone();
    for name in ["header", "variable header", "bearer", "basic"] {
        assert!(heard.contains(matrix.secret(name)), "{name} was sent");
    }
    matrix.conclude(30);
}

#[test]
fn secrets_of_an_api_are_in_no_output_where_tls_fails() {
    let mut matrix = Matrix::new(&OF_A_JOB, ascii_canary);
    let untrusted = Authority::new("q9 CA").server("localhost");
    let untrusted = MockApi::start(0, Options { tls: Some(untrusted), ..Options::default() }).unwrap();
    let plain = Hostile::api(matrix.all_forms());
    matrix.write("requests.ndjson", "{\"n\": 1}\n");
    for (what, base, said) in [
        ("no authority vouches for it", untrusted.base().to_owned(), "certificate cannot be trusted"),
        ("another name", untrusted.base().replace("localhost", "127.0.0.1"), "error: "),
        ("no TLS", format!("https://localhost:{}", plain.port), "error: "),
        ("no server", "https://localhost:1".to_owned(), "error: "),
        ("no host", "https://nowhere.invalid".to_owned(), "error: "),
    ] {
        for args in ["fetch job -v --report report.json", "fetch job --resume", "config show"] {
            let run = matrix.look_at_job(&format!("{what}: {args}"), &format!("{base}/row/{{n}}"), args);
            if args.starts_with("fetch") {
                run.assert(run.code != 0, "a failure").assert_stderr_has(said);
            }
        }
    }
    matrix.conclude(15);
}

impl Matrix {
    /// Runs `args` with a job that asks this URL, all secrets in it.
    fn look_at_job(&mut self, what: &str, url: &str, args: &str) -> Run {
        self.write(
            "config.yml",
            format!(
                "fetch:\n  job:\n    requests: {{file: requests.ndjson}}\n    method: POST\n    retries: 0\n    \
                 url: '{url}?k=${{QUERY}}'\n    body: '{{{{\"secret\": \"${{BODY}}\"}}}}'\n    \
                 headers: {{X-Api-Key: '{}', X-B: '${{HEADER}}', Authorization: 'Bearer ${{BEARER}}', X-C: 'Basic ${{BASIC}}'}}\n    \
                 rows: '.rows[]'\n    pages: {{next: '.next'}}\n    into: {{table: t, mode: append, columns: {{id: bigint}}}}\n",
                self.secret("header"),
            ),
        );
        let mut command = self.pghaul(args);
        for (name, variable) in [
            ("variable header", "HEADER"),
            ("bearer", "BEARER"),
            ("basic", "BASIC"),
            ("query", "QUERY"),
            ("body", "BODY"),
        ] {
            command = command.env(variable, self.secret(name));
        }
        if args.starts_with("fetch") {
            command = command.args(["--db", &self.db.url()]);
        }
        self.look(what, command)
    }
}
