//! Rows: one, many, in which order, from where on, and with which values.

use crate::service::Service;
use pghaul_test_support::case;
use serde_json::{Value, json};

const TABLES: &str = "items: {key: id}\npairs: {key: [a, b]}";

fn service() -> Service {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text, price numeric(12,2), at timestamptz, doc jsonb,
                             flags int[], \"odd \"\"name\" text);
         INSERT INTO items
         SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE 'name ' || i % 7 END, i * 1.25,
                timestamptz '2020-08-05 21:14:33.994+02' + i * interval '1 day', jsonb_build_object('i', i), ARRAY[i, 2], 'x'
         FROM generate_series(1, 50) i;
         INSERT INTO items (id) VALUES (9007199254740993), (9223372036854775807);
         CREATE TABLE pairs (a text, b int, PRIMARY KEY (a, b));
         INSERT INTO pairs VALUES ('x,y', 1), ('x', 2)",
    );
    Service::start(case, TABLES)
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_row_is_what_postgresql_says() {
    let service = service();
    for path in ["/items/3/", "/items/3"] {
        let answer = service.ask(&format!("GET {path}"));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json")),
            "{answer:?}"
        );
        let expected = json!({"id": 3, "name": "name 3", "price": 3.75, "at": "2020-08-08T19:14:33.994+00:00",
                              "doc": {"i": 3}, "flags": [3, 2], "odd \"name": "x"});
        assert_eq!(answer.json(), expected);
    }
    // More digits than a double has.
    assert!(service.ask("GET /items/9007199254740993").body.contains("\"id\":9007199254740993,"));
    assert!(service.ask("GET /items/9223372036854775807").body.contains("\"id\":9223372036854775807,"));
    let head = service.ask("HEAD /items/3/");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn lists_are_pages_in_the_order_of_the_key() {
    let service = service();
    for path in ["/items/", "/items"] {
        assert_eq!(ids(&service.ask(&format!("GET {path}")).json()), (1..=20).collect::<Vec<_>>());
    }
    assert_eq!(ids(&service.ask("GET /items/?skip=3&take=2").json()), [4, 5]);
    assert_eq!(ids(&service.ask("GET /items/?after=7&take=2").json()), [8, 9]);
    assert_eq!(service.ask("GET /items/?take=0").body, "[]");
    assert_eq!(ids(&service.ask("GET /items/?take=1000").json()).len(), 52);
    assert_eq!(ids(&service.ask("GET /items/?order=-id&take=2&skip=2").json()), [50, 49]);
}

#[test]
fn pages_after_a_row_meet_every_row_once_in_any_order() {
    let service = service();
    for order in ["name", "-name", "name,-price", "price", "-at,name"] {
        let whole = ids(&service.ask(&format!("GET /items/?take=1000&order={order}")).json());
        let mut met = Vec::new();
        let mut after = String::new();
        loop {
            let page = service.ask(&format!("GET /items/?take=7&order={order}{after}")).json();
            let Some(last) = page.as_array().unwrap().last() else { break };
            met.extend(ids(&page));
            let names = order.split(',').map(|name| name.trim_start_matches('-')).chain(["id"]);
            let values: Vec<Value> = names.map(|name| last[name].clone()).collect();
            after =
                format!("&after={}", Value::from(values).to_string().replace('+', "%2B").replace(' ', "%20"));
        }
        assert_eq!(met, whole, "{order}");
    }
}

#[test]
fn filters_compare_by_the_columns_type() {
    let service = service();
    let count = |query: &str| {
        let answer = service.ask(&format!("GET /items/?take=1000&{query}"));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        ids(&answer.json()).len()
    };
    assert_eq!(count("id=7"), 1);
    assert_eq!(count("id=%207%20"), 1, "as the type reads it");
    assert_eq!(count("name=name+3"), 6);
    assert_eq!(count("id.gte=10&id.lt=20"), 10);
    assert_eq!(count("price.gt=10&price.lte=12.5"), 2);
    assert_eq!(count("name.null=true"), 7);
    assert_eq!(count("name.null=false"), 45);
    assert_eq!(count("name.ne=name%201"), 38);
    assert_eq!(count("at.lt=2020-08-07T00:00:00Z"), 1);
    assert_eq!(count("odd%20%22name=x"), 50);
    assert_eq!(count("doc=%7B%22i%22:3%7D"), 1);
    assert_eq!(count("flags=%7B3,2%7D"), 1);
}

#[test]
fn a_key_of_several_columns_is_written_with_commas() {
    let service = service();
    assert_eq!(service.ask("GET /pairs/x%2Cy,1/").json(), json!({"a": "x,y", "b": 1}));
    assert_eq!(service.ask("GET /pairs/x,2").json(), json!({"a": "x", "b": 2}));
    service.ask("GET /pairs/x,3").is_problem(404, None);
    service.ask("GET /pairs/x").is_problem(400, None);
    service.ask("GET /pairs/x,y").is_problem(400, Some("b"));
    assert_eq!(service.ask("GET /pairs/?after=[\"x\",2]").json(), json!([{"a": "x,y", "b": 1}]));
}

#[test]
fn a_long_list_is_the_same_in_parts() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE wide (id int PRIMARY KEY, text text);
         INSERT INTO wide SELECT i, repeat(md5(i::text), 100) FROM generate_series(1, 1000) i",
    );
    let service = Service::start(case, "wide: {key: id}");
    let answer = service.ask("GET /wide/?take=1000");
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "it is longer than what is held of it");
    let rows = answer.json();
    assert_eq!(ids(&rows), (1..=1000).collect::<Vec<_>>());
    assert!(rows[999]["text"].as_str().unwrap().len() == 3200);
}
