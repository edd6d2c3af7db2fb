//! Passwords of a cache.

use crate::hostile::Hostile;
use crate::{Matrix, canary, percent};

#[test]
fn passwords_of_a_cache_are_in_no_output() {
    let mut matrix = Matrix::new(&["password"], canary);
    let hostile = Hostile::redis(matrix.all_forms());
    let (password, encoded) = (matrix.secret("password").to_owned(), percent(matrix.secret("password")));
    let job = |from: &str, more: &str| {
        format!(
            "drain:\n  job:\n    from: '{from}'\n    replica: r\n    {more}\n    into: {{table: t, mode: append}}\n"
        )
    };
    let port = hostile.port;
    for _ in 0..matrix.all_forms().len() {
        for (from, more) in [
            (format!("redis://:{encoded}@127.0.0.1:{port}"), String::new()),
            (format!("redis://me@127.0.0.1:{port}"), format!("password: '{password}'")),
            (format!("redis://127.0.0.1:{port}"), "password: '${REDIS_SECRET}'".to_owned()),
        ] {
            matrix.write("config.yml", job(&from, &more));
            let command = matrix.pghaul("drain job -v --report report.json").env("REDIS_SECRET", &password);
            let command = command.args(["--db", &matrix.db.url()]);
            matrix.look("given back", command).assert_stderr_has("error: ");
        }
    }
    assert!(hostile.heard.lock().unwrap().contains(&password), "it was sent");
    for from in [
        "redis://:PW@127.0.0.1:1",
        "rediss://:PW@127.0.0.1:PORT",
        "redis://:PW@nowhere.invalid",
        "nonsense://:PW@h",
        "http://u:PW@127.0.0.1:1",
    ] {
        let from = from.replace("PW", &encoded).replace("PORT", &port.to_string());
        matrix.write("config.yml", job(&from, ""));
        for args in ["drain job -v --report report.json", "config show", "config check"] {
            let mut command = matrix.pghaul(args);
            if args.starts_with("drain") {
                command = command.args(["--db", &matrix.db.url()]);
            }
            matrix.look(&format!("{from}: {args}"), command);
        }
    }
    matrix.conclude(60);
}
