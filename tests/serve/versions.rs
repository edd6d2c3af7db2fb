//! A mother table answers for all its versions; and for those that are loaded while it does.

use crate::service::Service;
use pghaul_test_support::case;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

const COLUMNS: &str = "id:int name:varchar(50)";

fn sorted(mut rows: Vec<Value>) -> Vec<Value> {
    rows.sort_by_key(Value::to_string);
    rows
}

#[test]
fn a_mother_answers_for_all_versions_or_for_one() {
    let case = case!();
    case.dump("crm_v1", &[("users", COLUMNS, "1|Ann\n2|Bob\n3|Cy\n")]);
    case.dump("crm_v2", &[("users", "id:int name:varchar(50) age:int", "2|Bea|7\n4|Dan|8\n")]);
    case.load("");
    let service = Service::start(case, "users: {key: id, verbs: [get, patch, delete]}");
    let row = |id: i32, name: &str, version: &str| json!({"id": id, "name": name, "version_table": version});
    let all = [
        row(1, "Ann", "v1_users"),
        row(2, "Bob", "v1_users"),
        row(2, "Bea", "v2_users"),
        row(3, "Cy", "v1_users"),
        row(4, "Dan", "v2_users"),
    ];
    // Which version comes first is the same for every request, but not for every database.
    let listed: Vec<Value> = service.ask("GET /users/").json().as_array().unwrap().clone();
    assert_eq!(sorted(listed.clone()), sorted(all.to_vec()));
    assert!(listed.windows(2).all(|pair| pair[0]["id"].as_i64() <= pair[1]["id"].as_i64()), "{listed:?}");
    // Page by page, a key that two versions have is met twice.
    let mut met = Vec::new();
    let mut after = String::new();
    while let Some(row) = service.ask(&format!("GET /users/?take=1{after}")).json().get(0) {
        after = format!("&after=[{},{}]", row["id"], row["version_table"]);
        met.push(row.clone());
    }
    assert_eq!(met, listed);
    for version in ["v2", "v2_users"] {
        let rows = service.ask(&format!("GET /users/?version={version}&age.gt=7")).json();
        assert_eq!(rows, json!([{"id": 4, "name": "Dan", "age": 8}]));
    }
    service.ask("GET /users/?version=v3").is_problem(400, Some("version"));
    service.ask("GET /users/2/").is_problem(409, None);
    service.ask("DELETE /users/2/").is_problem(409, None);
    service.tell("PATCH /users/2/", r#"{"name": "x"}"#).is_problem(409, None);
    assert_eq!(service.ask("GET /users/2/?version=v1").json(), json!({"id": 2, "name": "Bob"}));
    assert_eq!(service.ask("GET /users/3/").json(), row(3, "Cy", "v1_users"));
    assert_eq!(service.tell("PATCH /users/3/", r#"{"name": "Zoe"}"#).json(), row(3, "Zoe", "v1_users"));
    assert_eq!(service.ask("DELETE /users/2/?version=v2").status, 204);
    assert_eq!(service.ask("GET /users/2/").json(), row(2, "Bob", "v1_users"));
    // A version that is loaded while the service runs, with a column that no other has.
    service.case.dump("crm_v3", &[("users", "id:int name:varchar(50) town:text", "9|Eve|Rome\n")]);
    service.case.load("");
    service.wait_until("the new version", |service| {
        service.ask("GET /users/?version=v3&town=Rome").status == 200
    });
    assert_eq!(service.ask("GET /users/9/").json()["version_table"], "v3_users");
}

#[test]
fn a_version_table_that_is_swapped_while_it_is_read_shows_old_rows_or_new_ones() {
    let case = case!();
    let rows = |round: u32| (0..300).map(|id| format!("{id}|r{round}\n")).collect::<String>();
    case.dump("crm_v1", &[("users", COLUMNS, &rows(0))]);
    case.load("");
    let service = Service::start(case, "users: {key: id}");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = ["GET /users/?take=1000", "GET /users/?take=1000&version=v1"]
            .into_iter()
            .map(|head| {
                let (service, done) = (&service, &done);
                scope.spawn(move || {
                    let (mut seen, mut answers) = (Vec::new(), 0);
                    while !done.load(Ordering::Relaxed) {
                        let answer = service.ask(head);
                        assert_eq!(answer.status, 200, "{answer:?}");
                        let rows = answer.json();
                        let rows = rows.as_array().unwrap();
                        assert_eq!(rows.len(), 300);
                        assert!(rows.iter().all(|row| row["name"] == rows[0]["name"]), "a mix of two loads");
                        seen.push(rows[0]["name"].clone());
                        answers += 1;
                    }
                    seen.dedup();
                    (seen, answers)
                })
            })
            .collect();
        for round in 1..=8 {
            service.case.dump("crm_v1", &[("users", COLUMNS, &rows(round))]);
            service.case.load("");
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            let (seen, answers) = reader.join().unwrap();
            assert!(seen.len() > 2 && answers > 8, "{seen:?} in {answers} answers");
            assert!(seen.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()), "never back: {seen:?}");
        }
    });
}

#[test]
fn a_table_that_changes_is_what_it_is_now() {
    let case = case!();
    case.db.execute("CREATE TABLE items (id int PRIMARY KEY, note text); INSERT INTO items VALUES (1, '7')");
    let service = Service::start(case, "items: {key: id}");
    // So often that every connection has prepared it.
    for _ in 0..10 {
        assert_eq!(service.ask("GET /items/?note=7").json(), json!([{"id": 1, "note": "7"}]));
        assert_eq!(service.ask("GET /items/1/").json(), json!({"id": 1, "note": "7"}));
    }
    service.case.db.execute("ALTER TABLE items ALTER note TYPE int USING note::int, ALTER id TYPE text");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    for _ in 0..10 {
        assert_eq!(service.ask("GET /items/?note=7").json(), json!([{"id": "1", "note": 7}]));
        assert_eq!(service.ask("GET /items/1/").json(), json!({"id": "1", "note": 7}));
    }
    service.case.db.execute("ALTER TABLE items RENAME note TO remark");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(service.ask("GET /items/1/").json(), json!({"id": "1", "remark": 7}));
    service.case.db.execute("DROP TABLE items");
    assert_eq!(service.ask("GET /items/1/").status, 404);
}
