//! `pghaul db`, for real: the binary, PostgreSQL's own programs, and one data directory per test.
//! The tests pass as root, where the server runs as another user, and as an ordinary user.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, Uid};
use pghaul_test_support::wait_for;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A data directory of its own, whose server is gone at the end whatever happens in the test.
struct Home {
    temp: tempfile::TempDir,
    data: PathBuf,
}

impl Home {
    fn new() -> Self {
        Self::at("data")
    }

    /// With the data directory at a path below the temporary one.
    fn at(relative: &str) -> Self {
        let temp = tempfile::tempdir().unwrap();
        // When we are root, the server's user must pass.
        fs::set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        let data = temp.path().canonicalize().unwrap().join(relative);
        Home { temp, data }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pghaul"));
        command.arg("db").args(args).env("PGHAUL_DATA_DIR", &self.data);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must end with this exit code, and returns what it printed on stdout.
    #[track_caller]
    fn expect(&self, code: i32, args: &[&str]) -> String {
        expect(code, args, self.run(args))
    }

    /// Runs a command that must be refused in one message, and returns that.
    #[track_caller]
    fn refused(&self, args: &[&str]) -> String {
        refused(args, self.run(args))
    }

    #[track_caller]
    fn query(&self, sql: &str) -> String {
        self.expect(0, &["psql", "-XAtc", sql]).trim().to_owned()
    }

    /// A query past pghaul, so that no share in the server's use is taken.
    fn client(&self, sql: &str) -> Option<String> {
        let url = String::from_utf8(self.run(&["url"]).stdout).unwrap();
        let output = Command::new("psql").args(["-XAtc", sql, "-d", url.trim()]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// Starts a `psql` that sleeps in the server, as leader of a process group, and waits until it does.
    #[track_caller]
    fn sleeping_psql(&self) -> Child {
        let mut command = self.command(&["psql", "-Xc", "select pg_sleep(100)"]);
        let child = command.process_group(0).spawn().unwrap();
        let sleepers = "select count(*) from pg_stat_activity where query like 'select pg_sleep%'";
        wait_for("psql sleeps", || self.client(sleepers).is_some_and(|count| count == "1"));
        child
    }

    fn server_pid(&self) -> i32 {
        let text = fs::read_to_string(self.data.join("cluster/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    #[track_caller]
    fn assert_stopped(&self) {
        let status = self.expect(1, &["status"]);
        assert!(status.contains("not running"), "{status}");
        assert_eq!(processes_in(&self.data), [0; 0], "processes are left");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.run(&["stop", "--force"]);
        for pid in processes_in(&self.data) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// Processes that work in a directory: the server and its children do. (Linux; elsewhere none are seen.)
fn processes_in(dir: &Path) -> Vec<i32> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(dir)))
        .collect()
}

#[track_caller]
fn expect(code: i32, args: &[&str], output: Output) -> String {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "pghaul db {args:?}\nstdout: {stdout}\nstderr: {stderr}");
    stdout
}

#[track_caller]
fn refused(args: &[&str], output: Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    expect(2, args, output);
    // Lines without a word before them tell what is going on; what went wrong is one line, the last.
    let told = stderr.lines().filter(|line| !line.starts_with("creating a PostgreSQL")).collect::<Vec<_>>();
    assert!(told.len() == 1 && told[0].starts_with("error: "), "{stderr}");
    told[0].to_owned()
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap())
}

/// The directory of PostgreSQL's programs on this machine.
fn real_binaries() -> PathBuf {
    if let Some(dir) = std::env::var_os("PGHAUL_PG_BIN") {
        return dir.into();
    }
    let on_path = std::env::var_os("PATH").unwrap();
    let on_path = std::env::split_paths(&on_path).filter_map(|dir| dir.join("initdb").canonicalize().ok());
    let debian = glob::glob("/usr/lib/postgresql/*/bin/initdb").unwrap().flatten();
    on_path.chain(debian).next().expect("no initdb on this machine").parent().unwrap().to_path_buf()
}

/// A directory with PostgreSQL's programs, but this shell script for `initdb`, in which `$REAL` is the real one.
fn binaries_with_initdb(home: &Home, script: &str) -> PathBuf {
    let dir = home.temp.path().join("bin");
    fs::create_dir(&dir).unwrap();
    let real = real_binaries();
    for program in ["postgres", "pg_ctl"] {
        symlink(real.join(program), dir.join(program)).unwrap();
    }
    let script = format!("#!/bin/sh\nREAL='{}'\n{script}\n", real.join("initdb").display());
    // Not written by this process: a fork in another test may hold a file open that was just written, and the
    // system then refuses to run it.
    let write = "printf %s \"$1\" > \"$0\"; chmod 755 \"$0\"";
    let status = Command::new("sh").args(["-c", write]).arg(dir.join("initdb")).arg(script).status().unwrap();
    assert!(status.success());
    dir
}

#[test]
fn start_use_stop_and_the_data_stay() {
    let home = Home::new();
    assert!(home.expect(1, &["status"]).contains("not created yet"));
    assert!(!home.data.exists(), "status must not create anything");
    assert_eq!(home.expect(0, &["stop"]), "not running\n");
    assert!(!home.data.exists(), "stop must not create anything");

    let output = home.run(&["url"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("pghaul db start"));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(
        url.starts_with("postgresql://pghaul@/")
            && url.contains("?host=%2F")
            && url.ends_with("%2Fdata%2Frun\n"),
        "{url}"
    );

    let started = home.expect(0, &["start"]);
    assert!(started.starts_with("running: postgresql://") && started.contains("pghaul db stop"), "{started}");
    let started = home.expect(0, &["start"]);
    assert!(started.starts_with("already running: "), "{started}");
    let status = home.expect(0, &["status"]);
    assert!(status.contains("until `pghaul db stop`") && status.contains(url.trim()), "{status}");
    let output = home.run(&["url"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let database = url["postgresql://pghaul@/".len()..].split('?').next().unwrap();
    let who = "select current_user || '@' || current_database()";
    assert_eq!(home.client(who).unwrap(), format!("pghaul@{database}"));

    home.query("create table kept as select 42 as answer");
    assert_eq!(home.expect(0, &["status"]), status, "psql must leave a kept server alone");
    assert_eq!(home.expect(0, &["stop"]), "stopped\n");
    home.assert_stopped();
    assert_eq!(home.expect(0, &["stop"]), "not running\n");

    assert_eq!(home.query("select answer from kept"), "42");
    home.assert_stopped();
}

#[test]
fn the_settings_are_what_the_design_says() {
    let home = Home::new();
    let names = "wal_level max_wal_senders fsync full_page_writes listen_addresses unix_socket_permissions \
                 lc_messages data_checksums server_encoding";
    let list: Vec<_> = names.split_whitespace().map(|name| format!("current_setting('{name}')")).collect();
    assert_eq!(home.query(&format!("select {}", list.join(", "))), "minimal|0|on|on||0700|C|on|UTF8");
    // Order by code point, but letters beyond ASCII are letters.
    assert_eq!(home.query("select lower('Ä'), 'a' < 'B', 'z' < 'ä'"), "ä|f|t");
    // Own settings win over ours.
    let own = home.data.join("cluster/postgresql.conf");
    let text = fs::read_to_string(&own).unwrap() + "work_mem = '7MB'\nmax_wal_size = '3GB'\n";
    fs::write(&own, text).unwrap();
    assert_eq!(home.query("select current_setting('work_mem'), current_setting('max_wal_size')"), "7MB|3GB");
    home.assert_stopped();
}

#[test]
fn psql_gets_its_arguments_and_its_exit_code_is_ours() {
    let home = Home::new();
    assert_eq!(home.expect(0, &["psql", "-v", "A=7", "-XAt", "-q", "-c", "select 7"]).trim(), "7");
    assert_eq!(home.expect(0, &["psql", "--", "-XAtc", "select 8"]).trim(), "8");
    home.expect(1, &["psql", "-Xc", "nonsense"]);
    home.expect(2, &["psql", "-X", "--dbname=postgresql://pghaul@/nowhere?host=/nowhere"]);
    let script = home.temp.path().join("fails.sql");
    fs::write(&script, "select 1/0;").unwrap();
    home.expect(3, &["psql", "-v", "ON_ERROR_STOP=1", "-Xf", script.to_str().unwrap()]);
    // The user's settings for other servers do not lead elsewhere.
    let mut command = home.command(&["psql", "-XAtc", "select 9"]);
    command
        .env("PGPORT", "1")
        .env("PGHOSTADDR", "192.0.2.1")
        .env("PGHOST", "nowhere")
        .env("PGDATA", "/nowhere");
    assert_eq!(expect(0, &["psql"], command.output().unwrap()).trim(), "9");
    home.assert_stopped();
}

#[test]
fn a_path_that_is_too_long_or_too_odd_for_a_socket_works() {
    let long = format!("{0}/{0}/{0}", "x".repeat(60));
    for relative in [&long, "it's, $HOME `id` \"ok\" ä"] {
        let home = Home::at(relative);
        let url = home.expect(0, &["start"]);
        assert!(url.contains("host=%2Ftmp%2Fpghaul-"), "{url}");
        assert_eq!(home.query("select 1"), "1");
        assert_eq!(home.expect(0, &["stop"]), "stopped\n");
        home.assert_stopped();
        let url = home.expect(0, &["url"]).replace("%2F", "/");
        let socket_dir = Path::new(url.trim().split_once("host=").unwrap().1);
        assert!(!socket_dir.exists(), "{} is left", socket_dir.display());

        symlink(&home.data, socket_dir).unwrap();
        let error = home.refused(&["start"]);
        fs::remove_file(socket_dir).unwrap();
        assert!(error.contains("it is not a directory"), "{error}");
        home.assert_stopped();
    }
}

#[test]
fn the_default_data_directory_is_the_users_own() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pghaul"));
    command.args(["db", "url"]).env_remove("PGHAUL_DATA_DIR").env("XDG_DATA_HOME", "/nowhere/share");
    let url = expect(0, &["url"], command.output().unwrap());
    let root = Uid::effective().is_root();
    let expected = if root { "%2Fvar%2Flib%2Fpghaul" } else { "%2Fnowhere%2Fshare%2Fpghaul" };
    assert!(url.contains(expected), "{url}");
}

#[test]
fn without_the_right_binaries_the_error_says_what_to_do() {
    let home = Home::new();
    let empty = home.temp.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let args = ["start"];
    let error = refused(&args, home.command(&args).env("PGHAUL_PG_BIN", &empty).output().unwrap());
    assert!(error.contains("PGHAUL_PG_BIN") && error.contains(empty.to_str().unwrap()), "{error}");

    home.query("select 1");
    let version = home.data.join("cluster/PG_VERSION");
    let before = fs::read(&version).unwrap();
    fs::write(&version, "11\n").unwrap();
    let error = home.refused(&args);
    let found = String::from_utf8(before.clone()).unwrap();
    assert!(
        error.contains("PostgreSQL 11, and this machine has ") && error.contains(found.trim()),
        "{error}"
    );
    fs::write(&version, before).unwrap();
    assert_eq!(home.query("select 1"), "1");
    home.assert_stopped();
}

#[test]
fn a_directory_that_cannot_be_entered_is_named() {
    let home = Home::at("closed/data");
    let closed = home.data.parent().unwrap();
    fs::create_dir(closed).unwrap();
    let mode = if Uid::effective().is_root() { 0o700 } else { 0o000 };
    fs::set_permissions(closed, Permissions::from_mode(mode)).unwrap();
    let error = home.refused(&["start"]);
    fs::set_permissions(closed, Permissions::from_mode(0o755)).unwrap();
    assert!(error.contains(closed.to_str().unwrap()) && error.contains("--data-dir"), "{error}");
    assert_eq!(home.query("select 1"), "1");
    home.assert_stopped();
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let home = Home::new();
    fs::create_dir(&home.data).unwrap();
    fs::write(home.data.join("thesis.txt"), "").unwrap();
    let error = home.refused(&["start"]);
    assert!(error.contains("holds files that are not pghaul's"), "{error}");
    let names: Vec<_> = fs::read_dir(&home.data).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["thesis.txt"]);
    fs::remove_file(home.data.join("thesis.txt")).unwrap();
    assert_eq!(home.query("select 1"), "1", "an empty directory is fine");
    home.assert_stopped();
}

#[test]
fn many_at_once_share_one_server_and_the_last_stops_it() {
    let home = Home::new();
    for round in 0..3 {
        let children: Vec<Child> =
            (0..8).map(|_| home.command(&["psql", "-XAtc", "select 1"]).spawn().unwrap()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_eq!(expect(0, &["psql"], output).trim(), "1", "round {round}");
        }
        home.assert_stopped();
    }
}

#[test]
fn stop_is_refused_while_another_uses_the_server_unless_forced() {
    let home = Home::new();
    let psql = home.sleeping_psql();
    assert!(home.expect(0, &["status"]).contains("for as long as it is used"));
    let error = home.refused(&["stop"]);
    assert!(error.contains("another pghaul uses") && error.contains("--force"), "{error}");
    assert_eq!(home.expect(0, &["stop", "--force"]), "stopped\n");
    expect(2, &["psql"], psql.wait_with_output().unwrap());
    home.assert_stopped();
}

#[test]
fn start_keeps_a_server_that_another_started() {
    let home = Home::new();
    let psql = home.sleeping_psql();
    assert!(home.expect(0, &["start"]).starts_with("already running"));
    killpg(pid_of(&psql), Signal::SIGINT).unwrap();
    expect(1, &["psql"], psql.wait_with_output().unwrap());
    assert!(home.expect(0, &["status"]).contains("until `pghaul db stop`"));
    assert_eq!(home.expect(0, &["stop"]), "stopped\n");
    home.assert_stopped();
}

#[test]
fn a_killed_user_leaves_a_server_that_the_next_one_uses_and_stops() {
    let home = Home::new();
    let mut psql = home.sleeping_psql();
    let server = home.server_pid();
    psql.kill().unwrap();
    psql.wait().unwrap();
    home.expect(0, &["status"]);
    let sql = "select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)";
    assert_eq!(home.query(sql), server.to_string());
    home.assert_stopped();
}

#[test]
fn ctrl_c_is_psqls_and_sigterm_ends_both() {
    let home = Home::new();
    let mut psql = home.sleeping_psql();
    for _ in 0..3 {
        kill(pid_of(&psql), Signal::SIGINT).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(psql.try_wait().unwrap(), None, "Ctrl-C must not end pghaul under psql");
    killpg(pid_of(&psql), Signal::SIGINT).unwrap();
    expect(1, &["psql"], psql.wait_with_output().unwrap());
    home.assert_stopped();

    let psql = home.sleeping_psql();
    kill(pid_of(&psql), Signal::SIGTERM).unwrap();
    expect(143, &["psql"], psql.wait_with_output().unwrap());
    home.assert_stopped();
}

#[test]
fn a_crash_of_the_server_is_recovered_from() {
    let home = Home::new();
    home.expect(0, &["start"]);
    home.query("create table safe as select 42 as answer");
    let server = home.server_pid();
    kill(Pid::from_raw(server), Signal::SIGKILL).unwrap();
    wait_for("the server and its children are gone", || processes_in(&home.data).is_empty());
    home.assert_stopped();
    // As after a crash of the machine: the number in the stale file belongs to someone else by now.
    let pid_file = home.data.join("cluster/postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    let me = std::process::id().to_string();
    fs::write(&pid_file, text.replacen(&server.to_string(), &me, 1)).unwrap();
    assert_eq!(home.expect(0, &["stop"]), "not running\n");
    assert_eq!(home.query("select answer from safe"), "42");
    // The server that was kept is gone, and so is the wish to keep it.
    home.assert_stopped();
}

#[test]
fn a_killed_initdb_leaves_nothing_behind() {
    let home = Home::new();
    let dir = binaries_with_initdb(&home, "\"$REAL\" \"$@\" & sleep 0.2; kill -9 $!; wait $!; exit 1");
    let args = ["start"];
    let error = refused(&args, home.command(&args).env("PGHAUL_PG_BIN", &dir).output().unwrap());
    assert!(error.contains("initdb failed") && error.contains("init.log"), "{error}");
    assert!(!home.data.join("cluster").exists());
    // The child of the real initdb notices at its next read.
    wait_for("initdb's child is gone", || processes_in(&home.data).is_empty());
    assert_eq!(home.query("select 1"), "1");
    assert!(!home.data.join("cluster.new").exists());
    home.assert_stopped();
}

#[test]
fn a_killed_pghaul_and_its_orphaned_initdb_do_not_hinder_the_next() {
    let home = Home::new();
    let dir = binaries_with_initdb(&home, "sleep 1; \"$REAL\" \"$@\"");
    let mut first = home.command(&["start"]).env("PGHAUL_PG_BIN", &dir).spawn().unwrap();
    wait_for("initdb runs", || home.data.join("cluster.new").exists());
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(home.query("select 1"), "1");
    home.assert_stopped();
}

#[test]
fn ctrl_c_during_the_first_start_ends_without_a_server() {
    let home = Home::new();
    let dir = binaries_with_initdb(&home, "sleep 1; \"$REAL\" \"$@\"");
    let mut command = home.command(&["start"]);
    let first = command.env("PGHAUL_PG_BIN", &dir).process_group(0).spawn().unwrap();
    wait_for("initdb runs", || home.data.join("cluster.new").exists());
    killpg(pid_of(&first), Signal::SIGINT).unwrap();
    expect(130, &["start"], first.wait_with_output().unwrap());
    home.assert_stopped();
    assert_eq!(home.query("select 1"), "1");
    home.assert_stopped();
}
