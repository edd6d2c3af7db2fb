//! Connecting as libpq does: URLs, passwords, and every `sslmode` against real servers.

use pghaul::pg::connect::Target;
use pghaul_test_support::{Authority, SUPERUSER, Server, ServerOptions, Workdir, server};
use postgres::Client;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const PASSWORD: &str = "hunter2";

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// A server with TLS, its certificate for `localhost` alone, and the authority that signed it.
struct TlsServer {
    server: Server,
    authority: Authority,
}

/// Roles, all with [`PASSWORD`]: `anyone`, `tls_only` and `plain_only` by pg_hba.conf, and `certified` who has to
/// show a certificate of the authority too.
fn tls_server() -> &'static TlsServer {
    static SERVER: OnceLock<TlsServer> = OnceLock::new();
    SERVER.get_or_init(|| {
        let authority = Authority::new("pghaul test CA");
        let (certificate, key) = authority.signed("localhost");
        let server = Server::start(ServerOptions {
            settings: vec!["ssl_ca_file = 'server.crt'".to_owned()],
            hba: [
                "hostnossl all tls_only all reject",
                "hostssl all plain_only all reject",
                "hostssl all certified all scram-sha-256 clientcert=verify-ca",
            ]
            .map(str::to_owned)
            .to_vec(),
            tls: Some((certificate + &authority.pem(), key)),
            ..Default::default()
        });
        for role in ["anyone", "tls_only", "plain_only", "certified"] {
            server
                .client("postgres")
                .batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"))
                .expect("create a role");
        }
        TlsServer { server, authority }
    })
}

/// Connects with `home` as `HOME` and nothing else in the environment but `env`.
fn connect_in(work: &Workdir, text: &str, env: &[(&str, &str)]) -> Result<Client, String> {
    let home = work.home().display().to_string();
    let lookup = |name: &str| match name {
        "HOME" => Some(home.clone()),
        _ => env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    };
    let result = Target::parse(text).and_then(|target| target.connect_in(&lookup));
    result.map_err(|error| {
        assert_eq!(error.exit().code(), 2, "{error}");
        assert!(!error.to_string().contains(PASSWORD), "{error}");
        error.to_string()
    })
}

fn connect(work: &Workdir, text: &str) -> Result<Client, String> {
    connect_in(work, text, &[])
}

#[track_caller]
fn refused(work: &Workdir, text: &str, expected: &[&str]) {
    let error = connect(work, text).map(|_| ()).expect_err(text);
    for expected in expected {
        assert!(error.contains(expected), "{text}: {error}\nshould contain: {expected}");
    }
}

fn one(client: &mut Client, sql: &str) -> String {
    client.query_one(sql, &[]).expect(sql).get(0)
}

/// "tls" or "plain", or the error.
fn encryption(work: &Workdir, text: &str) -> String {
    match connect(work, text) {
        Ok(mut client) => one(
            &mut client,
            "SELECT CASE WHEN ssl THEN 'tls' ELSE 'plain' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        ),
        Err(error) => error,
    }
}

/// Checks each mode: either what [`encryption`] says, or a part of the error.
#[track_caller]
fn assert_modes(work: &Workdir, text: &str, expected: [&str; 6]) {
    for (mode, expected) in MODES.into_iter().zip(expected) {
        let actual = encryption(work, &format!("{text} sslmode={mode}"));
        let fits = match expected {
            "tls" | "plain" => actual == expected,
            error => actual.contains(error),
        };
        assert!(fits, "sslmode={mode}: expected {expected:?}, got {actual:?}");
    }
}

fn write_secret(work: &Workdir, name: &str, text: &str) -> String {
    let path = work.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("own file");
    path.display().to_string()
}

fn keywords(server: &Server, host: &str, user: &str) -> String {
    format!("host={host} port={} user={user} password={PASSWORD} dbname=postgres", server.port())
}

#[test]
fn with_the_right_authority_every_mode_connects() {
    let (work, tls) = (Workdir::new(), tls_server());
    work.write("home/.postgresql/root.crt", tls.authority.pem());
    let text = keywords(&tls.server, "localhost", "anyone");
    assert_modes(&work, &text, ["plain", "plain", "tls", "tls", "tls", "tls"]);
    assert_eq!(encryption(&work, &text), "tls", "prefer is the default");
}

#[test]
fn a_wrong_authority_is_noticed_from_require_on() {
    let work = Workdir::new();
    let other = work.write("other.crt", Authority::new("another CA").pem());
    let text = keywords(&tls_server().server, "localhost", "anyone");
    let not = "not signed by a trusted authority; name the authority that signed it with sslrootcert";
    let text = format!("{text} sslrootcert={}", other.display());
    assert_modes(&work, &text, ["plain", "plain", "tls", not, not, not]);
}

#[test]
fn a_wrong_host_name_is_noticed_by_verify_full_alone() {
    let (work, tls) = (Workdir::new(), tls_server());
    work.write("home/.postgresql/root.crt", tls.authority.pem());
    let text = keywords(&tls.server, "127.0.0.1", "anyone");
    let wrong = "the server's certificate is for another host";
    assert_modes(&work, &text, ["plain", "plain", "tls", "tls", "tls", wrong]);
    let text = format!("{text} host=localhost hostaddr=127.0.0.1 sslmode=verify-full");
    assert_eq!(encryption(&work, &text), "tls", "the name of host counts, not hostaddr");
}

#[test]
fn without_a_root_file_verification_is_impossible() {
    let work = Workdir::new();
    let none =
        "~/.postgresql/root.crt: sslmode asks to verify the server, but there is no root certificate file";
    let text = keywords(&tls_server().server, "localhost", "anyone");
    assert_modes(&work, &text, ["plain", "plain", "tls", "tls", none, none]);
}

#[test]
fn the_systems_authorities_do_not_know_ours() {
    let work = Workdir::new();
    let text = keywords(&tls_server().server, "localhost", "anyone");
    let error = encryption(&work, &format!("{text} sslrootcert=system"));
    let no_store = error.contains("the system has no trusted certificates");
    assert!(no_store || error.contains("not signed by a trusted authority"), "{error}");
}

#[test]
fn a_server_without_tls_is_refused_from_require_on() {
    let (work, db) = (Workdir::new(), server().database());
    work.write("home/.postgresql/root.crt", Authority::new("any CA").pem());
    let text = keywords(server(), "localhost", &db.role(PASSWORD));
    let no = "server does not support TLS; turn ssl on in the server";
    assert_modes(&work, &text, ["plain", "plain", "plain", no, no, no]);
}

#[test]
fn allow_and_prefer_fall_back_to_the_other() {
    let (work, tls) = (Workdir::new(), tls_server());
    let no = "SQLSTATE 28000";
    let text = keywords(&tls.server, "localhost", "tls_only");
    assert_modes(&work, &text, [no, "tls", "tls", "tls", "root.crt", "root.crt"]);
    let text = keywords(&tls.server, "localhost", "plain_only");
    assert_modes(&work, &text, ["plain", "plain", "plain", no, "root.crt", "root.crt"]);
}

#[test]
fn a_self_signed_certificate_is_trusted_as_its_own_root_unless_it_is_a_cas() {
    let no = "the certificate of an authority (CA) as its own";
    for (is_ca, verified) in [(IsCa::ExplicitNoCa, "tls"), (IsCa::Ca(BasicConstraints::Unconstrained), no)] {
        let work = Workdir::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap().pem();
        work.write("home/.postgresql/root.crt", &certificate);
        let tls = Some((certificate, key.serialize_pem()));
        let server = Server::start(ServerOptions { tls, ..ServerOptions::default() });
        let text = keywords(&server, "localhost", &server.database().role(PASSWORD));
        assert_modes(&work, &text, ["plain", "plain", "tls", verified, verified, verified]);
    }
}

#[test]
fn a_client_certificate_is_shown() {
    let (work, tls) = (Workdir::new(), tls_server());
    let text = format!("{} sslmode=require", keywords(&tls.server, "localhost", "certified"));
    refused(&work, &text, &["requires a valid client certificate"]);
    let (certificate, key) = tls.authority.signed("certified");
    let certificate = work.write("me.crt", certificate).display().to_string();
    let key = write_secret(&work, "me.key", &key);
    assert_eq!(encryption(&work, &format!("{text} sslcert={certificate} sslkey={key}")), "tls");
}

#[test]
fn channel_binding_needs_tls() {
    let (work, tls) = (Workdir::new(), tls_server());
    let text = format!("{} channel_binding=require", keywords(&tls.server, "localhost", "anyone"));
    assert_eq!(encryption(&work, &text), "tls");
    refused(&work, &format!("{text} sslmode=disable"), &["channel binding"]);
}

#[test]
fn passwords_come_from_url_environment_and_file() {
    let (work, db) = (Workdir::new(), server().database());
    let role = db.role(PASSWORD);
    let right = db.tcp_url(&role, PASSWORD);
    let none = right.replace(&format!(":{PASSWORD}@"), "@");
    let wrong = db.tcp_url(&role, "wrong");

    connect(&work, &right).unwrap();
    refused(&work, &none, &["password missing", "; set PGPASSWORD or ~/.pgpass"]);
    refused(&work, &wrong, &[&format!("{role}@127.0.0.1:"), "SQLSTATE 28P01", "correct it"]);
    connect_in(&work, &none, &[("PGPASSWORD", PASSWORD)]).unwrap();
    connect_in(&work, &right, &[("PGPASSWORD", "wrong")]).unwrap();

    write_secret(&work, "home/.pgpass", &format!("127.0.0.1:*:{}:{role}:{PASSWORD}\n", db.name()));
    connect(&work, &none).unwrap();
    let error = connect_in(&work, &none, &[("PGPASSWORD", "bad")]).map(|_| ()).unwrap_err();
    assert!(error.contains("PGPASSWORD's"), "{error}");
    let other = write_secret(&work, "other", "*:*:*:*:wrong");
    let error = connect_in(&work, &none, &[("PGPASSFILE", &other)]).map(|_| ()).unwrap_err();
    assert!(error.contains("28P01") && error.contains(&other), "{error}");
    refused(&work, &format!("{none}?passfile={other}"), &["28P01"]);
}

#[test]
fn a_password_file_knows_sockets_by_their_folder() {
    let (work, db) = (Workdir::new(), server().database());
    let role = db.role(PASSWORD);
    let url = db.url().replace(SUPERUSER, &role);
    refused(&work, &url, &["password missing"]);
    let dir = server().socket_dir().display().to_string();
    write_secret(&work, "home/.pgpass", &format!("{dir}:{}:*:*:{PASSWORD}\n", server().port()));
    connect(&work, &url).unwrap();
}

#[test]
fn a_server_that_is_away_is_said_to_be_away() {
    let work = Workdir::new();
    let remedy = "is the server running there? name another with --db";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgresql://u:{PASSWORD}@127.0.0.1:{port}/db");
    let started = Instant::now();
    refused(&work, &format!("{url}?connect_timeout=1"), &["no answer within 1 s", "firewall"]);
    assert!(started.elapsed() < Duration::from_secs(10));
    drop(listener);
    refused(&work, &url, &[&format!("postgresql://u@127.0.0.1:{port}/db: "), "refused", remedy]);
    refused(&work, "postgresql://u@/db?host=/no/such/folder", &["/no/such/folder", remedy]);
    refused(&work, "postgresql://u@no-such-host.invalid/db", &["no-such-host.invalid", "has no address"]);
}

#[test]
fn an_unknown_database_can_be_created() {
    let (work, db) = (Workdir::new(), server().database());
    let url = db.url().replace(db.name(), "nowhere");
    let port = format!("-p {}", server().port());
    refused(&work, &url, &["SQLSTATE 3D000", "createdb -h /", &port, "nowhere`"]);
}

#[test]
fn the_next_host_is_tried_when_one_is_away_but_not_when_one_refuses() {
    let (work, db) = (Workdir::new(), server().database());
    let role = db.role(PASSWORD);
    let right = db.tcp_url(&role, PASSWORD);
    connect(&work, &right.replace("@127", "@127.0.0.1:1,127")).unwrap();
    let wrong = db.tcp_url(&role, "wrong");
    let error = connect(&work, &wrong.replace("@127", "@127.0.0.1:1,127")).map(|_| ()).unwrap_err();
    assert_eq!(error.lines().count(), 2, "{error}");
    let port = format!(":{}", server().port());
    let error =
        connect(&work, &wrong.replace(&port, &format!("{port},127.0.0.1:1"))).map(|_| ()).unwrap_err();
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn target_session_attrs_choose_the_server() {
    let (work, db) = (Workdir::new(), server().database());
    let role = db.role(PASSWORD);
    let url = db.tcp_url(&role, PASSWORD);
    let with = |attrs: &str| format!("{url}?target_session_attrs={attrs}");
    for attrs in ["any", "read-write", "primary", "prefer-standby"] {
        connect(&work, &with(attrs)).unwrap();
    }
    for attrs in ["read-only", "standby"] {
        refused(&work, &with(attrs), &["target_session_attrs asks for a"]);
    }
    db.execute(&format!("ALTER ROLE {role} SET default_transaction_read_only = on"));
    connect(&work, &with("read-only")).unwrap();
    refused(&work, &with("read-write"), &["server that allows writes"]);
}

#[test]
fn every_session_is_the_same() {
    let (work, db) = (Workdir::new(), server().database());
    let odd = [
        ("TimeZone", "Europe/Berlin", "UTC"),
        ("DateStyle", "German, DMY", "ISO, MDY"),
        ("IntervalStyle", "iso_8601", "postgres"),
        ("extra_float_digits", "0", "3"),
        // The limits of the administrator hold.
        ("statement_timeout", "7min", "7min"),
        ("idle_in_transaction_session_timeout", "7min", "7min"),
        ("standard_conforming_strings", "off", "on"),
        ("bytea_output", "escape", "hex"),
        ("search_path", "elsewhere", "pg_catalog, pg_temp"),
        ("application_name", "odd", "pghaul"),
        // It is the last one, since the others could not be set any more.
        ("default_transaction_read_only", "on", "on"),
    ];
    for (name, value, _) in odd {
        let value = if value.contains(' ') { value.to_owned() } else { format!("'{value}'") };
        db.execute(&format!("ALTER DATABASE {} SET {name} = {value}", db.name()));
    }
    let mut client = connect(&work, &format!("{}&options=-c%20work_mem%3D5MB", db.url())).unwrap();
    for (name, _, expected) in odd {
        assert_eq!(one(&mut client, &format!("SELECT current_setting('{name}')")), expected, "{name}");
    }
    assert_eq!(one(&mut client, "SELECT current_setting('pghaul.search_path')"), "elsewhere");
    assert_eq!(one(&mut client, "SELECT current_setting('work_mem')"), "5MB");
}

#[test]
fn the_server_is_asked_to_notice_a_client_that_has_gone_and_a_shorter_time_stays() {
    let (work, db) = (Workdir::new(), server().database());
    let role = db.role(PASSWORD);
    let shown = |client: &mut Client| {
        let name = |name: &str| format!("current_setting('tcp_{name}')");
        let names = ["keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout"].map(name);
        one(client, &format!("SELECT concat_ws(' ', {})", names.join(", ")))
    };
    let mut client = connect(&work, &db.tcp_url(&role, PASSWORD)).unwrap();
    assert_eq!(shown(&mut client), "30 10 3 60000");
    db.execute(&format!(
        "ALTER ROLE {role} SET tcp_keepalives_idle = 7; ALTER ROLE {role} SET tcp_user_timeout = 7000"
    ));
    let mut client = connect(&work, &db.tcp_url(&role, PASSWORD)).unwrap();
    assert_eq!(shown(&mut client), "7 10 3 7000");
}
