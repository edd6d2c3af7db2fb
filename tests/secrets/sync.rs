//! Passwords of the two databases of `sync`.

use crate::hostile::Hostile;
use crate::{Matrix, canary, percent};
use pghaul_test_support::{Run, server};

/// The side whose URL something is wrong with.
const SIDES: [&str; 2] = ["from", "to"];
/// The ways to give both URLs.
const WAYS: [&str; 3] = ["flags", "the configuration", "variables"];

impl Matrix {
    /// Runs `args` with these URLs of the source and the destination, given in one of [`WAYS`].
    fn look_at_sync(&mut self, what: &str, way: &str, urls: [&str; 2], args: &str) -> Run {
        let [from, to] = if way == "variables" { ["${SOURCE}", "${TARGET}"] } else { urls };
        let job = format!("sync: {{t: {{from: '{from}', to: '{to}', table: t, cursor: c}}}}\n");
        self.write("config.yml", if way == "flags" { String::new() } else { job });
        let mut command = self.pghaul(args).env("SOURCE", urls[0]).env("TARGET", urls[1]);
        if args.starts_with("sync") {
            command = match way {
                "flags" => {
                    command.args(["--from", urls[0], "--to", urls[1], "--table", "t", "--cursor", "c"])
                }
                _ => command.args(["t"]),
            };
        }
        self.look(&format!("{what}, {way}: {args}"), command)
    }
}

#[test]
fn passwords_of_both_sides_are_in_no_output() {
    let mut matrix = Matrix::new(&["password"], canary);
    let encoded = percent(matrix.secret("password"));
    let role = matrix.db.role(matrix.secret("password"));
    let (from, to) = (server().database(), server().database());
    from.execute("CREATE TABLE t (id int PRIMARY KEY, c int NOT NULL); INSERT INTO t VALUES (1, 1)");
    from.execute(&format!("GRANT SELECT ON t TO {role}"));
    to.execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}",
        to.name()
    ));
    let hostile = Hostile::postgres(matrix.all_forms());
    let port = server().port();
    let url = |port: u16, name: &str| format!("postgresql://{role}:{encoded}@127.0.0.1:{port}/{name}");
    let good = [url(port, from.name()), url(port, to.name())];
    let once = "sync once --retries 0 -v --report report.json";
    for way in WAYS {
        for args in [once, "sync once --verify", "config show", "config check"] {
            if way != "flags" || args.starts_with("sync") {
                matrix.look_at_sync("good", way, [&good[0], &good[1]], args).assert_code(0);
            }
        }
        for (which, side) in SIDES.into_iter().enumerate() {
            let good = [good[0].as_str(), good[1].as_str()];
            for (what, wrong) in [
                ("refused", url(hostile.port, "copy")),
                ("no such database", url(port, "nowhere")),
                ("no server", url(1, "copy")),
                ("no TLS", format!("{}?sslmode=require", good[which])),
                ("no such parameter", format!("{}?nonsense=1", good[which])),
                ("no such scheme", good[which].replace("postgresql:", "mysql:")),
                ("no scheme", good[which].replace("postgresql://", "")),
            ] {
                let mut urls = good;
                urls[which] = &wrong;
                let run = matrix.look_at_sync(&format!("{side}: {what}"), way, urls, once);
                run.assert(run.code != 0, "a failure");
            }
        }
    }
    // Every form of it, given back by a server.
    let wrong = url(hostile.port, "copy");
    for _ in 0..matrix.all_forms().len() {
        let run = matrix.look_at_sync("given back", "flags", [&good[0], &wrong], once);
        run.assert_stderr_has("error: ");
    }
    assert!(hostile.heard.lock().unwrap().contains(matrix.secret("password")), "it was sent");
    matrix.conclude(60);
}
