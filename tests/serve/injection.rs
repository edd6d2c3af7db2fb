//! SQL through every parameter: in no place does it become SQL.

use crate::service::Service;
use pghaul_test_support::case;

/// Texts that end a literal, an identifier, a comment or a cast, and go on.
const ATTACKS: [&str; 14] = [
    "1; DROP TABLE items",
    "1'; DROP TABLE items; --",
    "1\"; DROP TABLE items; --",
    "' OR '1'='1",
    "\" OR \"1\"=\"1",
    "1 OR 1=1",
    "1) OR (1=1",
    "$1",
    "$$; DROP TABLE items; $$",
    "\\'; DROP TABLE items; --",
    "id; SELECT pg_sleep(10)",
    "(SELECT count(*) FROM secrets)",
    "1/**/UNION/**/SELECT/**/secret/**/FROM/**/secrets",
    "items\" t WHERE false UNION SELECT secret FROM secrets --",
];

pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn no_parameter_becomes_sql() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE secrets (secret text); INSERT INTO secrets VALUES ('hunter2');
         CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'one'), (2, 'two')",
    );
    let service = Service::start(case, "items: {key: id, verbs: [get, post, put, patch, delete]}");
    for attack in ATTACKS {
        let text = encoded(attack);
        let mut heads: Vec<String> = Vec::new();
        for name in ["skip", "take", "after", "order", "version", "id", "id.gt", "name.null"] {
            heads.push(format!("GET /items/?{name}={text}"));
        }
        heads.push(format!("GET /items/?{text}=1"));
        heads.push(format!("GET /items/?{text}.gt=1"));
        heads.push(format!("GET /items/?name.{text}=1"));
        heads.push(format!("GET /items/?order=-{text}"));
        heads.push(format!("GET /items/?order=name&after=[\"{text}\",{text}]"));
        heads.push(format!("GET /items/{text}/"));
        heads.push(format!("DELETE /items/{text}/"));
        heads.push(format!("GET /items/1/?version={text}"));
        heads.push(format!("GET /items{text}/"));
        heads.push(format!("GET /{text}/1/"));
        for head in heads {
            let answer = service.ask(&head);
            assert!(matches!(answer.status, 400 | 404), "{head}: {answer:?}");
            assert!(!answer.body.contains("hunter2"), "{head}: {answer:?}");
        }
        // As a text it is one: equal to no name, behind some.
        assert_eq!(service.ask(&format!("GET /items/?name={text}")).body, "[]", "{attack}");
        assert_eq!(
            service.ask(&format!("GET /items/?name.gt={text}&order=name&after=[\"zzz\",9]")).body,
            "[]"
        );
        let json = serde_json::Value::from(attack);
        for (head, body) in [
            ("POST /items/", format!("{{{json}: 1}}")),
            ("POST /items/", format!("{{\"id\": {json}}}")),
            ("POST /items/", format!("[{{\"id\": 7, {json}: 1}}]")),
            ("PATCH /items/1/", format!("{{{json}: 1}}")),
            ("PUT /items/1/", format!("{{\"id\": {json}}}")),
            ("POST /items/", attack.to_owned()),
        ] {
            let answer = service.tell(head, &body);
            assert!(matches!(answer.status, 400 | 422), "{head} {body}: {answer:?}");
        }
        // As a value it comes back as it went.
        let answer = service.tell("PATCH /items/2/", &format!("{{\"name\": {json}}}"));
        assert_eq!((answer.status, &answer.json()["name"]), (200, &json));
        assert_eq!(service.ask(&format!("GET /items/?name={text}")).json()[0]["id"], 2);
    }
    assert_eq!(service.case.db.one("SELECT string_agg(id::text, ',' ORDER BY id) FROM items"), "1,2");
    assert_eq!(service.case.db.one("SELECT name FROM items WHERE id = 1"), "one");
}

#[test]
fn names_that_are_attacks_are_names() {
    let case = case!();
    case.db.execute(
        r#"CREATE TABLE "it'em""s; --" ("i'd"" --" int PRIMARY KEY, "a.gt" text, "order" text, "select" text);
           INSERT INTO "it'em""s; --" VALUES (1, 'x', 'y', 'z')"#,
    );
    let service = Service::start(case, r#"'it''em"s; --': {key: 'i''d" --', verbs: [get, post, patch]}"#);
    let path = encoded("it'em\"s; --");
    let key = encoded("i'd\" --");
    assert_eq!(service.ask(&format!("GET /{path}/1/")).json()["select"], "z");
    let rows =
        service.ask(&format!("GET /{path}/?{key}.gte=1&a.gt=x&order.eq=y&select=z&order={key}")).json();
    assert_eq!(rows[0]["a.gt"], "x");
    let body = serde_json::json!({"i'd\" --": 2, "order": "o"}).to_string();
    let added = service.tell(&format!("POST /{path}/"), &body);
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(service.ask(&format!("GET {}", added.header("location").unwrap())).json()["order"], "o");
}
