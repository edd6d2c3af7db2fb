//! The token of `serve`.

use crate::{Matrix, ascii_canary};
use nix::sys::signal::Signal;
use pghaul_test_support::{Run, Running};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The ways to give the token.
const WAYS: [&str; 4] = ["PGHAUL_SERVE_TOKEN", "a variable", "a file", "one of several"];

/// Sends a request, and gives all that comes back.
fn ask(port: &str, head: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A request that is refused early may end with a reset.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn tokens_are_in_no_output() {
    let mut matrix = Matrix::new(&["token"], |name| ascii_canary(name).replace(' ', "-"));
    let token = matrix.secret("token").to_owned();
    matrix.db.execute("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'x')");
    let url = matrix.db.url();
    let serve = "serve:\n  listen: 127.0.0.1:0\n  rate: {requests: 0}\n  tables: {t: {key: id, verbs: [get, post], write: [id, name]}}\n";
    for way in WAYS {
        let mut command = matrix.pghaul("serve -v").args(["--db", &url]);
        let mut config = serve.to_owned();
        match way {
            "PGHAUL_SERVE_TOKEN" => command = command.env("PGHAUL_SERVE_TOKEN", &token),
            "a variable" => {
                command = command.env("TOKEN", &token);
                config.push_str("  token: {env: TOKEN}\n");
            }
            "one of several" => {
                command = command.env("TOKEN", &token);
                config.push_str("  tokens: [{token: {env: TOKEN}}]\n");
            }
            _ => {
                matrix.write("token", &token);
                config.push_str("  token: {file: token}\n");
            }
        }
        matrix.write("config.yml", &config);
        let mut running = Running::start(command.command());
        let line = running.read_lines_and_close(1).pop().unwrap();
        let port = line.rsplit(':').next().unwrap().to_owned();
        let right = format!("Authorization: Bearer {token}\r\n");
        let mut answers = Vec::new();
        for path in ["/t/", "/t/1/", "/openapi.json", "/docs/", "/metrics", "/readyz", "/nowhere"] {
            answers.push(ask(&port, &format!("GET {path}"), &right, ""));
        }
        assert!(answers[0].contains("\"name\":\"x\""), "{}", answers[0]);
        answers.push(ask(&port, "POST /t/", &right, "{\"id\": 1}"));
        for (name, form) in crate::forms(&token) {
            let value: String = form.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let clean: String = form.chars().filter(char::is_ascii_graphic).collect();
            // Where it does not belong, without the right: what comes back may not say that it is the token.
            for (head, headers) in [
                (format!("GET /t/?token={value}"), String::new()),
                (format!("GET /t/?id={value}"), String::new()),
                (format!("GET /{value}/"), String::new()),
                ("GET /t/".to_owned(), format!("Authorization: Basic {clean}\r\n")),
                ("GET /t/".to_owned(), format!("Authorization: Bearer x{clean}\r\n")),
                ("GET /t/".to_owned(), format!("Cookie: {clean}\r\n")),
            ] {
                let answer = ask(&port, &head, &headers, "");
                assert!(answer.starts_with("HTTP/1.1 401"), "{name}, {head}: {answer}");
                answers.push(answer);
            }
            // With the right, in a place from which PostgreSQL's messages quote it: no log has it.
            ask(&port, &format!("GET /t/?id={value}"), &right, "");
            ask(&port, "POST /t/", &right, &format!("{{\"id\": {}}}", serde_json::Value::from(form)));
        }
        running.signal(Signal::SIGHUP);
        std::thread::sleep(Duration::from_millis(300));
        running.signal(Signal::SIGTERM);
        let run: Run = running.wait();
        run.assert_code(0);
        let said = vec![("stderr", run.stderr), ("an answer", answers.join("\n")), ("stdout", line)];
        matrix.judge(way, said);
        for args in ["config show", "config check"] {
            // Two equal tokens are refused.
            let name = if way == "PGHAUL_SERVE_TOKEN" { way } else { "TOKEN" };
            let command = matrix.pghaul(args).env(name, &token);
            matrix.look(&format!("{way}: {args}"), command).assert_code(0);
        }
    }
    // In the wrong place, or of no use.
    let quoted = token.replace('\'', "''");
    for more in [
        format!("  token: '{quoted}'\n"),
        format!("  token: {{env: '{quoted}'}}\n"),
        format!("  token: {{word: '{quoted}'}}\n"),
    ] {
        matrix.write("config.yml", serve.to_owned() + &more);
        let command = matrix.pghaul("serve").args(["--db", &url]);
        matrix.look(&more, command).assert_code(2);
    }
    matrix.conclude(9);
}
