//! Tokens that an issuer signs: what they allow, and attacks on them.

use crate::client::{Answer, write_request};
use crate::service::{Options, Service, TOKEN, command, configure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pghaul_test_support::{Case, case};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use ring::{hmac, rsa};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

/// A private key that signs nothing but the tokens of these tests.
const ISSUER: &str = include_str!("issuer.pem");
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

fn issuer() -> RsaKeyPair {
    let base64: String = ISSUER.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap()
}

/// The issuer's public key as PEM (RFC 8017, appendix A.1.1).
fn public_pem() -> String {
    let base64 = STANDARD.encode(issuer().public_key().as_ref());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn message(header: &Value, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims))
}

fn by_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = message(header, &claims.to_string());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn by_issuer_text(header: &Value, claims: &str) -> String {
    let (message, key) = (message(header, claims), issuer());
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn by_issuer(claims: &Value) -> String {
    by_issuer_text(&json!({"alg": "RS256", "typ": "JWT"}), &claims.to_string())
}

/// A database with a role that logs in and may become two others, and one that it may not.
struct Roles {
    login: String,
    reader: String,
    editor: String,
    stranger: String,
}

fn roles(case: &Case) -> Roles {
    let [login, reader, editor, stranger] = [(); 4].map(|()| case.db.role("hunter2"));
    case.db.execute(&format!(
        "ALTER ROLE {login} NOINHERIT; GRANT {reader}, {editor} TO {login};
         CREATE TABLE notes (id int PRIMARY KEY, owner text, note text);
         INSERT INTO notes VALUES (1, 'ann', 'of Ann'), (2, 'bob', 'of Bob');
         ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON notes USING (owner = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub');
         GRANT SELECT ON notes TO {reader}; GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO {editor};
         CREATE VIEW me AS SELECT 1 AS id, current_user::text AS name, session_user::text AS login,
                                  current_setting('request.jwt.claims', true) AS claims;
         GRANT SELECT ON me TO {reader}, {editor}, {login};
         CREATE SCHEMA hidden; CREATE TABLE hidden.things (id int PRIMARY KEY); INSERT INTO hidden.things VALUES (1);
         GRANT SELECT ON hidden.things TO {reader}, {editor}; GRANT USAGE ON SCHEMA hidden TO {editor}, {login}"
    ));
    Roles { login, reader, editor, stranger }
}

const TABLES: &str =
    "notes: {key: id, verbs: [get, post, put, patch, delete]}\nme: {key: id}\nhidden.things: {key: id}";

struct Signed {
    service: Service,
    roles: Roles,
}

impl Signed {
    /// A service with one connection to the database, so that each request meets what the one before has left.
    fn start(jwt: &str) -> Signed {
        let case = case!();
        let roles = roles(&case);
        case.work.write("public.pem", public_pem());
        case.work.write("secret", format!("{SECRET}\n"));
        let url = case.db.tcp_url(&roles.login, "hunter2");
        let settings = format!("rate: {{requests: 0}}\n  limits: {{database: 1}}\n  jwt: {jwt}");
        let env = [("DATABASE_URL", url.as_str()), ("PGHAUL_SERVE_TOKEN", TOKEN)];
        let service = Service::with(case, TABLES, Options { settings: &settings, env: &env });
        Signed { service, roles }
    }

    fn claims(&self, role: &str, more: Value) -> Value {
        let mut claims = json!({"role": role, "sub": "ann", "exp": now() + 600});
        more.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
        claims
    }

    #[track_caller]
    fn ask(&self, token: &str, head: &str, body: Option<&str>) -> Answer {
        self.service.send(head, &[("Authorization", &format!("Bearer {token}"))], body)
    }
}

#[test]
fn a_request_has_the_rights_of_the_role_that_its_token_names() {
    let signed = Signed::start("{key_file: public.pem, algorithms: [RS256]}");
    let Roles { login, reader, editor, .. } = &signed.roles;
    let (read, edit) =
        (by_issuer(&signed.claims(reader, json!({}))), by_issuer(&signed.claims(editor, json!({}))));
    let bob = by_issuer(&signed.claims(editor, json!({"sub": "bob"})));
    for _ in 0..3 {
        for (token, role) in [(read.as_str(), reader), (&edit, editor), (TOKEN, login)] {
            let me = signed.ask(token, "GET /me/1/", None).json();
            assert_eq!(
                (me["name"].as_str(), me["login"].as_str()),
                (Some(role.as_str()), Some(login.as_str()))
            );
            assert_eq!(signed.ask(token, "GET /me/", None).json()[0]["name"], *role);
        }
        assert!(
            signed.ask(TOKEN, "GET /me/1/", None).json()["claims"].as_str().is_none_or(str::is_empty),
            "nothing is left"
        );
    }
    let own = json!([{"id": 1, "owner": "ann", "note": "of Ann"}]);
    assert_eq!(signed.ask(&read, "GET /notes/", None).json(), own);
    let counted = signed.ask(&read, "GET /notes/?count=exact", None);
    assert_eq!((counted.header("x-total-count"), counted.json()), (Some("1"), own));
    signed.ask(&read, "GET /notes/2/", None).is_problem(404, None);
    signed.ask(&read, "PATCH /notes/1/", Some(r#"{"note": "x"}"#)).is_problem(403, None);
    signed.ask(&read, "POST /notes/", Some(r#"{"id": 3, "owner": "ann"}"#)).is_problem(403, None);
    signed.ask(&edit, "PATCH /notes/2/", Some(r#"{"note": "x"}"#)).is_problem(404, None);
    signed.ask(&edit, "DELETE /notes/2/", None).is_problem(404, None);
    signed.ask(&edit, "POST /notes/", Some(r#"{"id": 3, "owner": "bob"}"#)).is_problem(403, None);
    signed.ask(&edit, "GET /notes/?id=x", None).is_problem(400, Some("id"));
    signed.ask(&edit, "POST /notes/", Some(r#"{"id": "x", "owner": "ann"}"#)).is_problem(400, Some("id"));
    signed.ask(TOKEN, "GET /notes/1/", None).is_problem(403, None);
    assert_eq!(signed.ask(&edit, "POST /notes/", Some(r#"{"id": 3, "owner": "ann"}"#)).status, 201);
    assert_eq!(signed.ask(&edit, "PATCH /notes/3/", Some(r#"{"note": "new"}"#)).status, 200);
    assert_eq!(signed.ask(&bob, "DELETE /notes/2/", None).status, 204);
    assert_eq!(
        signed.service.case.db.one("SELECT string_agg(id || note, ' ' ORDER BY id) FROM notes"),
        "1of Ann 3new"
    );
    // What one role's statement was allowed to see, another role's is not.
    assert_eq!(signed.ask(&edit, "GET /hidden.things/1/", None).status, 200);
    signed.ask(&read, "GET /hidden.things/1/", None).is_problem(403, None);
    signed.ask(&read, "GET /metrics", None).is_problem(403, None);
    // The claims are what the token says, digit by digit.
    let text = format!(
        r#"{{"role":"{reader}","exp":{},"n":12345678901234567890123.10,"sub":"ünï\u0000"}}"#,
        now() + 600
    );
    let exact = signed.ask(&by_issuer_text(&json!({"alg": "RS256"}), &text), "GET /me/1/", None);
    assert_eq!(exact.json()["claims"], text, "{exact:?}");
}

#[test]
fn a_token_that_is_not_what_it_says_gets_nothing() {
    let signed = Signed::start(
        "{key_file: [public.pem], audience: [pghaul, other], issuer: 'https://issuer.example'}",
    );
    let Roles { reader, stranger, .. } = &signed.roles;
    let good = signed.claims(reader, json!({"aud": "pghaul", "iss": "https://issuer.example"}));
    let claims = |more: Value| {
        let mut claims = good.clone();
        more.as_object().unwrap().iter().for_each(|(name, value)| match value.is_null() {
            true => drop(claims.as_object_mut().unwrap().shift_remove(name)),
            false => claims[name] = value.clone(),
        });
        claims
    };
    let status = |token: &str| {
        let answer = signed.ask(token, "GET /notes/", None);
        if answer.status != 200 {
            answer.is_problem(answer.status, None);
        }
        answer.status
    };
    let token = by_issuer(&good);
    assert_eq!(status(&token), 200);
    assert_eq!(status(&by_issuer(&claims(json!({"aud": ["x", "other"]})))), 200);
    assert_eq!(status(&by_issuer(&claims(json!({"nbf": now() - 5, "exp": now() + 5})))), 200);
    // Claims.
    for (why, more, status_expected) in [
        ("expired", json!({"exp": now() - 3600}), 401),
        ("no expiry", json!({"exp": null}), 401),
        ("an expiry that is no number", json!({"exp": "9999999999"}), 401),
        ("an expiry before all time", json!({"exp": -1}), 401),
        ("not valid yet", json!({"nbf": now() + 3600}), 401),
        ("a beginning that is no number", json!({"nbf": "soon"}), 401),
        ("another audience", json!({"aud": "someone"}), 401),
        ("no audience", json!({"aud": null}), 401),
        ("another issuer", json!({"iss": "https://evil.example"}), 401),
        ("no issuer", json!({"iss": null}), 401),
        ("no role", json!({"role": null}), 401),
        ("an empty role", json!({"role": ""}), 401),
        ("the role that has logged in", json!({"role": "none"}), 401),
        ("a role that is no text", json!({"role": [reader]}), 401),
        ("a role of another application", json!({"role": stranger}), 403),
        ("a role that does not exist", json!({"role": "no_such_role"}), 403),
        ("a superuser", json!({"role": "superuser"}), 403),
        ("the superuser", json!({"role": signed.service.case.db.one("SELECT current_user")}), 403),
        ("a role that is SQL", json!({"role": format!("{reader}; RESET ROLE")}), 403),
        ("a role of the server's", json!({"role": "pg_read_all_data"}), 403),
    ] {
        assert_eq!(status(&by_issuer(&claims(more))), status_expected, "{why}");
    }
    // Algorithms and keys.
    let secret = |algorithm: &str, secret: &[u8]| by_secret(&json!({"alg": algorithm}), &good, secret);
    let key = issuer();
    let public = rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
    let own_key = json!({"alg": "HS256", "jwk": {"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET)}});
    let unsigned = |algorithm: &str| message(&json!({"alg": algorithm}), &good.to_string());
    let (body, signature) = token.rsplit_once('.').unwrap();
    let other_claims = format!(
        "{}.{}.{signature}",
        token.split('.').next().unwrap(),
        URL_SAFE_NO_PAD.encode(claims(json!({"sub": "bob"})).to_string())
    );
    for (why, attack) in [
        ("no signature", format!("{}.", unsigned("none"))),
        ("no signature, without its dot", unsigned("none")),
        ("no signature, in other letters", format!("{}.", unsigned("nOnE"))),
        ("the signature of another algorithm", format!("{}.{signature}", unsigned("none"))),
        ("the public key as a secret", secret("HS256", public_pem().as_bytes())),
        (
            "the public key as a secret, without its last line end",
            secret("HS256", public_pem().trim_end().as_bytes()),
        ),
        ("the public key's bytes as a secret", secret("HS256", issuer().public_key().as_ref())),
        ("the public key's modulus as a secret", secret("HS256", &public.n)),
        ("an empty secret", secret("HS256", b"")),
        ("a secret under the name of the public key's algorithm", secret("RS256", SECRET.as_bytes())),
        ("a key that it brings itself", by_secret(&own_key, &good, SECRET.as_bytes())),
        ("another hash", by_issuer_text(&json!({"alg": "RS512"}), &good.to_string())),
        (
            "an extension that must be understood",
            by_issuer_text(&json!({"alg": "RS256", "crit": ["x"], "x": 1}), &good.to_string()),
        ),
        ("other claims", other_claims),
        ("a signature that is cut", token[..token.len() - 4].to_owned()),
        ("a signature alone", signature.to_owned()),
        ("four parts", format!("{token}.{signature}")),
        ("an empty signature", format!("{body}.")),
        ("claims that are no object", by_issuer_text(&json!({"alg": "RS256"}), "[]")),
        ("claims that are no JSON", by_issuer_text(&json!({"alg": "RS256"}), "x")),
        ("nothing", String::new()),
    ] {
        assert_eq!(status(&attack), 401, "{why}");
    }
    let expired = signed.ask(&by_issuer(&claims(json!({"exp": now() - 3600}))), "GET /notes/", None);
    assert_eq!(expired.json()["detail"], "the token has expired");
    let two = [("Authorization", format!("Bearer {token}")), ("Authorization", format!("Bearer {TOKEN}"))];
    let two: Vec<(&str, &str)> = two.iter().map(|(name, value)| (*name, value.as_str())).collect();
    signed.service.send("GET /notes/", &two, None).is_problem(401, None);
    signed.service.ask("GET /notes/").is_problem(401, None);
}

#[test]
fn a_superuser_that_serves_acts_as_roles_and_never_as_a_superuser() {
    let case = case!();
    let roles = roles(&case);
    case.work.write("secret", SECRET);
    let superuser = case.db.one("SELECT current_user");
    let settings = "rate: {requests: 0}\n  jwt: {key_file: secret, role_claim: /app/role}";
    let mut service = Service::with(case, TABLES, Options { settings, env: &[] });
    let ask = |role: &str| {
        let claims = json!({"app": {"role": role}, "sub": "bob", "exp": now() + 60});
        let token = by_secret(&json!({"alg": "HS256"}), &claims, SECRET.as_bytes());
        service.send("GET /notes/", &[("Authorization", &format!("Bearer {token}"))], None)
    };
    assert_eq!(ask(&roles.reader).json(), json!([{"id": 2, "owner": "bob", "note": "of Bob"}]));
    ask(&superuser).is_problem(403, None);
    ask("none").is_problem(401, None);
    ask(&roles.stranger).is_problem(403, None);
    service.stop(nix::sys::signal::Signal::SIGTERM).assert_code(0).assert_never_says("hunter2");
}

#[test]
fn a_role_s_request_that_is_dropped_leaves_nothing() {
    let signed = Signed::start("{key_file: [secret, public.pem], algorithms: [HS256, RS256]}");
    let Roles { editor, login, .. } = &signed.roles;
    signed.service.case.db.execute(
        "CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
         CREATE TRIGGER sleeps AFTER INSERT ON notes FOR EACH ROW WHEN (NEW.id = 9) EXECUTE FUNCTION sleeps()",
    );
    let claims = signed.claims(editor, json!({}));
    let token = by_secret(&json!({"alg": "HS256"}), &claims, SECRET.as_bytes());
    assert_eq!(signed.ask(&by_issuer(&claims), "GET /notes/1/", None).status, 200, "both keys count");
    let mut gone = TcpStream::connect(("127.0.0.1", signed.service.port)).unwrap();
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str())];
    write_request(&mut gone, "POST /notes/", &headers, Some(r#"{"id": 9, "owner": "ann"}"#), true).unwrap();
    signed.service.case.wait_until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    );
    drop(gone);
    assert_eq!(signed.ask(TOKEN, "GET /me/1/", None).json()["name"], *login);
    assert_eq!(signed.service.case.db.one("SELECT count(*) FROM notes WHERE id = 9"), "0");
}

#[test]
fn keys_come_as_a_set_too_and_those_of_no_use_are_refused() {
    let case = case!();
    let roles = roles(&case);
    let components = rsa::PublicKeyComponents::<Vec<u8>>::from(issuer().public());
    let [n, e] = [components.n, components.e].map(|part| URL_SAFE_NO_PAD.encode(part));
    let set = json!({"keys": [
        {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": n, "e": e},
        {"kty": "oct", "kid": "two", "k": URL_SAFE_NO_PAD.encode(SECRET)},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "RSA", "use": "enc", "n": "AAAA", "e": "AQAB"},
    ]});
    case.work.write("set.json", set.to_string());
    case.work.write("public.pem", public_pem());
    case.work.write("private.pem", ISSUER);
    case.work.write("short", "hunter2-hunter2");
    case.work.write("empty.json", r#"{"keys": []}"#);
    case.work.write("wrong.json", r#"{"k": "hunter2"}"#);
    for (jwt, says) in [
        ("{key_file: nowhere.pem}", "nowhere.pem"),
        ("{key_file: []}", "key_file names no file"),
        ("{key_file: private.pem}", "holds no public key of RSA"),
        ("{key_file: short}", "the secret is shorter than 32 bytes"),
        ("{key_file: empty.json}", "no key for HS256 or RS256"),
        ("{key_file: wrong.json}", "no set of keys"),
        ("{key_file: public.pem, algorithms: [HS256]}", "has no key for HS256"),
        (
            "{key_file: set.json, algorithms: [RS256]}",
            "has a key for HS256, which serve.jwt.algorithms does not list",
        ),
        ("{key_file: public.pem, algorithms: [none]}", "\"none\" is not known"),
        ("{algorithms: [RS256]}", "missing field `key_file`"),
    ] {
        configure(&case, TABLES, &format!("rate: {{requests: 0}}\n  jwt: {jwt}"));
        let run = command(&case).args(["--listen", "127.0.0.1:0"]).run();
        run.assert_code(2).assert_stderr_has(says).assert_never_says("hunter2").assert_never_says("PRIVATE");
    }
    let settings = "rate: {requests: 0}\n  jwt: {key_file: set.json}";
    let service = Service::with(case, TABLES, Options { settings, env: &[] });
    let claims = json!({"role": roles.reader, "sub": "ann", "exp": now() + 60});
    let status = |token: String| {
        service.send("GET /notes/", &[("Authorization", &format!("Bearer {token}"))], None).status
    };
    let of = |algorithm: &str, id: Option<&str>| match id {
        Some(id) => json!({"alg": algorithm, "kid": id}),
        None => json!({"alg": algorithm}),
    };
    for (id, rs, hs) in
        [(None, 200, 200), (Some("one"), 200, 401), (Some("two"), 401, 200), (Some("three"), 401, 401)]
    {
        assert_eq!(status(by_issuer_text(&of("RS256", id), &claims.to_string())), rs, "{id:?}");
        assert_eq!(status(by_secret(&of("HS256", id), &claims, SECRET.as_bytes())), hs, "{id:?}");
    }
}
