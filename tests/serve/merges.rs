//! Rows that may be there already, rows that change their keys, and rows whose key is empty.

use crate::service::Service;
use pghaul_test_support::case;
use serde_json::json;

const ALL: &str = "verbs: [get, post, put, patch, delete]";
const MERGE: (&str, &str) = ("Prefer", "resolution=merge-duplicates");
const IGNORE: (&str, &str) = ("Prefer", "resolution=ignore-duplicates");

#[test]
fn rows_that_are_there_are_changed_or_stay() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, name text DEFAULT 'none', secret text DEFAULT 'kept');
         INSERT INTO items VALUES (1, 'one', 's1'), (2, 'two', 's2');
         CREATE TABLE pairs (a text, b int, v int, UNIQUE (a, b)); INSERT INTO pairs VALUES ('x', 1, 1);
         CREATE TABLE narrow (a int UNIQUE, b int, v int); INSERT INTO narrow VALUES (1, 1, 1);
         CREATE TABLE keyless (id int, v int); CREATE VIEW seen AS SELECT * FROM items;
         CREATE TABLE checked (id int PRIMARY KEY CHECK (id > 0), name text UNIQUE); INSERT INTO checked VALUES (1, 'a'), (2, 'b')",
    );
    let service = Service::start(
        case,
        &format!(
            "items: {{key: id, {ALL}, write: [id, name]}}\npairs: {{key: [b, a], {ALL}}}\nnarrow: {{key: [b, a], {ALL}}}\n\
             keyless: {{key: id, {ALL}}}\nseen: {{key: id, {ALL}}}\nchecked: {{key: id, verbs: [post]}}"
        ),
    );
    let merged = service.send(
        "POST /items/",
        &[MERGE],
        Some(r#"[{"id": 2, "name": "zwei"}, {"id": 3, "name": "drei"}]"#),
    );
    assert_eq!((merged.status, merged.header("preference-applied")), (200, Some(MERGE.1)), "{merged:?}");
    let rows =
        json!([{"id": 2, "name": "zwei", "secret": "s2"}, {"id": 3, "name": "drei", "secret": "kept"}]);
    assert_eq!(merged.json(), rows);
    let one = service.send("POST /items/", &[MERGE], Some(r#"{"id": 1}"#));
    assert_eq!((one.status, one.header("location")), (200, Some("/items/1/")));
    assert_eq!(one.json(), json!({"id": 1, "name": "one", "secret": "s1"}), "what it does not say stays");
    let ignored = service.send(
        "POST /items/",
        &[IGNORE],
        Some(r#"[{"id": 1, "name": "x"}, {"id": 4, "name": "vier"}]"#),
    );
    assert_eq!(ignored.json(), json!([{"id": 4, "name": "vier", "secret": "kept"}]));
    assert_eq!(service.send("POST /items/", &[IGNORE], Some(r#"{"id": 4, "name": "x"}"#)).status, 204);
    service.tell("POST /items/", r#"{"id": 4}"#).is_problem(409, None);
    service.send("POST /items/", &[("Prefer", "return=minimal")], Some(r#"{"id": 4}"#)).is_problem(409, None);
    // All or none; and a row that stands twice in one request has no last word.
    service
        .send("POST /items/", &[MERGE], Some(r#"[{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]"#))
        .is_problem(409, None);
    service
        .send("POST /items/", &[MERGE], Some(r#"[{"id": 1, "name": "x"}, {"id": "y", "name": "y"}]"#))
        .is_problem(400, Some("id"));
    service
        .send("POST /items/", &[MERGE], Some(r#"{"id": 1, "secret": "x"}"#))
        .is_problem(422, Some("secret"));
    assert_eq!(
        service.case.db.one("SELECT string_agg(id || name || secret, ' ' ORDER BY id) FROM items"),
        "1ones1 2zweis2 3dreikept 4vierkept"
    );
    // Keys of several columns, by the index that there is.
    let pair = |table: &str| {
        let merged =
            service.send(&format!("POST /{table}/"), &[MERGE], Some(r#"[{"a": "1", "b": 1, "v": 5}]"#));
        assert_eq!(merged.status, 200, "{merged:?}");
        service
            .case
            .db
            .one(&format!("SELECT string_agg(a || '/' || b || '/' || v, ' ' ORDER BY v) FROM {table}"))
    };
    assert_eq!((pair("pairs"), pair("narrow")), ("x/1/1 1/1/5".into(), "1/1/5".into()));
    for (table, preference) in [("keyless", MERGE), ("keyless", IGNORE), ("seen", MERGE)] {
        service.send(&format!("POST /{table}/"), &[preference], Some(r#"{"id": 1}"#)).is_problem(422, None);
    }
    // Merging changes rows.
    service.send("POST /checked/", &[MERGE], Some(r#"{"id": 1, "name": "x"}"#)).is_problem(403, None);
    assert_eq!(service.send("POST /checked/", &[IGNORE], Some(r#"{"id": 1, "name": "x"}"#)).status, 204);
    service.send("POST /checked/", &[IGNORE], Some(r#"{"id": 0, "name": "x"}"#)).is_problem(422, None);
    service.send("POST /checked/", &[IGNORE], Some(r#"{"id": 3, "name": "b"}"#)).is_problem(409, None);
    assert_eq!(service.case.db.one("SELECT string_agg(id || name, ' ' ORDER BY id) FROM checked"), "1a 2b");
}

#[test]
fn many_rows_of_defaults_alone_are_so_many() {
    let case = case!();
    case.db.execute("CREATE TABLE items (id serial PRIMARY KEY, name text DEFAULT 'x')");
    let service = Service::start(case, &format!("items: {{key: id, {ALL}}}"));
    assert_eq!(service.tell("POST /items/", "[{}, {}, {}]").json().as_array().unwrap().len(), 3);
    let one = service.tell("POST /items/", "{}");
    assert_eq!((one.json(), one.header("location")), (json!({"id": 4, "name": "x"}), Some("/items/4/")));
    assert_eq!(service.case.db.one("SELECT count(*) FROM items WHERE name = 'x'"), "4");
}

#[test]
fn a_put_keeps_the_key_and_a_patch_may_change_it() {
    let case = case!();
    case.db.execute(
        "CREATE EXTENSION citext; CREATE TABLE items (id int PRIMARY KEY, v int); INSERT INTO items VALUES (1, 1), (2, 2);
         CREATE TABLE pairs (a citext, b numeric, v int, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES ('x', 1.50, 1)",
    );
    let service = Service::start(case, &format!("items: {{key: id, {ALL}}}\npairs: {{key: [a, b], {ALL}}}"));
    for body in [r#"{"id": 3, "v": 9}"#, r#"{"id": 2, "v": 9}"#, r#"{"id": null, "v": 9}"#] {
        service.tell("PUT /items/1/", body).is_problem(400, None);
        service.send("PUT /items/1/", &[("If-Match", "*")], Some(body)).is_problem(400, None);
    }
    service.tell("PUT /items/7/", r#"{"id": 7, "v": 9}"#).is_problem(404, None);
    service.tell("PUT /items/1/", r#"{"id": "x", "v": 9}"#).is_problem(400, Some("id"));
    assert_eq!(
        service.case.db.one("SELECT string_agg(id || '/' || v, ' ' ORDER BY id) FROM items"),
        "1/1 2/2"
    );
    assert_eq!(service.tell("PUT /items/1/", r#"{"id": "1", "v": 9}"#).json(), json!({"id": 1, "v": 9}));
    assert_eq!(service.tell("PUT /pairs/x,1.5/", r#"{"b": 1.500, "v": 2}"#).status, 200);
    assert_eq!(service.tell("PUT /pairs/x,1.5/", r#"{"a": "X", "b": 1.5, "v": 3}"#).json()["a"], "X");
    service.tell("PUT /pairs/x,1.5/", r#"{"a": "x", "b": 2, "v": 3}"#).is_problem(400, None);
    assert_eq!(service.tell("PATCH /items/1/", r#"{"id": 5}"#).json(), json!({"id": 5, "v": 9}));
    service.tell("PATCH /items/5/", r#"{"id": 2}"#).is_problem(409, None);
}

#[test]
fn every_row_has_a_location_that_names_it() {
    let case = case!();
    case.db.execute("CREATE TABLE items (id text PRIMARY KEY, v int); CREATE TABLE pairs (a text, b text, v int, PRIMARY KEY (a, b))");
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    case.dump("crm_v2", &[("users", "id:int", "1\n")]);
    case.load("");
    let service = Service::start(
        case,
        &format!("items: {{key: id, {ALL}}}\npairs: {{key: [a, b], {ALL}}}\nusers: {{key: id, {ALL}}}"),
    );
    let keys = ["", " ", "a/b", "a,b", "%2F", "ü", "?", "#", "\"", "a\\b", "+", "x;y", "take=1"];
    for key in keys {
        for (head, body) in [
            ("POST /items/", json!({"id": key, "v": 1})),
            ("POST /pairs/", json!({"a": key, "b": key, "v": 1})),
            ("POST /pairs/", json!({"a": key, "b": "other", "v": 1})),
        ] {
            let added = service.tell(head, &body.to_string());
            let location = added.header("location").unwrap_or_else(|| panic!("{added:?}"));
            assert_eq!(service.ask(&format!("GET {location}")).json(), body, "{location}");
            assert_eq!(
                service.ask(&format!("GET {}", location.strip_suffix('/').unwrap())).status,
                200,
                "{location}"
            );
            let changed = service.tell(&format!("PATCH {location}"), r#"{"v": 2}"#);
            assert_eq!(changed.json()["v"], 2, "{location}");
        }
    }
    assert_eq!(
        service.ask("GET /items/?take=1000").json().as_array().unwrap().len(),
        keys.len(),
        "no key is the list"
    );
    assert_eq!(service.ask("DELETE /items//").status, 204);
    service.ask("GET /items//").is_problem(404, None);
    assert_eq!(service.case.db.one("SELECT count(*) FROM items"), (keys.len() - 1).to_string());
    // A row of one version has the key of another version's row.
    let added = service.tell("POST /users/?version=v2", r#"{"id": 7}"#);
    assert_eq!(service.tell("POST /users/?version=v1", r#"{"id": 7}"#).status, 201);
    assert_eq!(service.ask(&format!("GET {}", added.header("location").unwrap())).json(), json!({"id": 7}));
}
