//! `packaging/systemd/pghaul-serve.service`: systemd takes it, and its commands are pghaul's.

use nix::sys::signal::Signal;
use pghaul_test_support::{Run, Running, case, pghaul, repository, wait_for};
use std::fs;
use std::process::Command;

const TABLES: &str = "serve:\n  listen: 127.0.0.1:0\n  tables:\n    users: {key: id}\n";

fn unit() -> String {
    fs::read_to_string(repository().join("packaging/systemd/pghaul-serve.service")).unwrap()
}

/// The commands of the unit under a key, without the folder of the program.
fn commands(key: &str) -> Vec<Vec<String>> {
    let text = unit();
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn systemd_takes_the_service() {
    let Some(analyze) =
        ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].iter().find(|path| fs::exists(path).unwrap())
    else {
        // Not every machine has systemd; what the commands do is looked at below in any case.
        return;
    };
    let case = case!();
    // The program is where it is installed to, which is not here.
    let file = case.work.write("pghaul-serve.service", unit().replace("/usr/local/bin/pghaul", "/bin/true"));
    let mut command = Command::new(analyze);
    command.args(["verify", "--man=no"]).arg(file);
    let output = command.output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(0);
    let ours: Vec<&str> = run.stderr.lines().filter(|line| line.contains("pghaul-serve")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn it_starts_reloads_and_stops_as_the_unit_says() {
    let case = case!();
    case.db.execute("CREATE TABLE users (id int PRIMARY KEY)");
    case.db.execute("CREATE TABLE others (id int PRIMARY KEY)");
    case.work.write("config.yml", TABLES);
    let pghaul = |words: &[String]| {
        assert_eq!(words[0], "/usr/local/bin/pghaul");
        pghaul!(case.work).args(&words[1..]).env("DATABASE_URL", case.db.url())
    };
    let start = commands("ExecStart");
    assert_eq!(start.len(), 1);
    let mut service = Running::start(pghaul(&start[0]).command());
    let line = service.read_lines_and_close(1).pop().unwrap();
    let address = line.strip_prefix("listening on http://").unwrap().to_owned();
    let status = |table: &str| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]);
        let output = command.arg(format!("http://{address}/{table}/")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!((status("users"), status("others")), ("200".to_owned(), "404".to_owned()));

    // Checks first; a faulty configuration ends the reload before the signal.
    let reload = commands("ExecReload");
    let (signal, checks) = reload.split_last().unwrap();
    assert_eq!(signal[..], ["/bin/kill", "-HUP", "$MAINPID"]);
    assert_eq!(checks.len(), 1);
    case.work.write("config.yml", "serve: {tables: {}}\n");
    pghaul(&checks[0]).run().assert_code(2).assert_stderr_has("serve.tables names no table");
    case.work.write("config.yml", format!("{TABLES}    others: {{key: id}}\n"));
    pghaul(&checks[0]).run().assert_code(0);
    service.signal(Signal::SIGHUP);
    wait_for("the new table", || status("others") == "200");

    service.signal(Signal::SIGTERM);
    service.wait().assert_code(0);
}
