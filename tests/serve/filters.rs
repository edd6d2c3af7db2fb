//! Filters beyond comparisons: lists, patterns, alternatives, and values within JSON documents.

use crate::injection;
use crate::service::Service;
use pghaul_test_support::case;
use serde_json::Value;

fn service() -> Service {
    let case = case!();
    case.db.execute(
        r#"CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS varchar(8);
           CREATE TYPE place AS (city text, zip int);
           CREATE TABLE items (id int PRIMARY KEY, name text, code char(4), label varchar(3), kind citext, feeling mood, nick short,
                               doc jsonb, plain json, at_place place, tags text[], price numeric, "or" text, "odd,(name)" text);
           INSERT INTO items VALUES
             (1, 'Ann', 'ab', 'abc', 'Red', 'sad', 'x', '{"city": "Rome", "n": 5, "tags": ["a", "b"], "0": "zero", "a.b": "dot", "deep": {"er": [{"x": 1}]}}',
              '{"n": 1}', ('Rome', 7), '{a,b}', 1.50, 'o', 'y'),
             (2, 'Bob', 'b', NULL, 'blue', 'ok', '', '{"city": "Oslo", "n": 40, "tags": []}', '{"n": 2}', ('Oslo', NULL), '{}', 2, NULL, NULL),
             (3, 'A*%_\', '', '', 'RED', NULL, 'a,b', '[1, {"city": "Rome"}]', '[]', NULL, '{"a,b"}', 3, NULL, NULL),
             (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
             (5, '', 'AB', 'x', 'green', 'sad', 'NULL', '{"city": null, "n": "5"}', 'null', ('', 0), NULL, 'NaN', NULL, '')"#,
    );
    Service::start(case, "items: {key: id}")
}

fn encoded(query: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "=&.-*(),_'".contains(c);
    query.chars().map(|c| if plain(c) { c.to_string() } else { injection::encoded(&c.to_string()) }).collect()
}

fn ids(rows: &Value) -> String {
    let ids: Vec<String> = rows.as_array().unwrap().iter().map(|row| row["id"].to_string()).collect();
    ids.join(" ")
}

#[test]
fn each_filter_has_the_rows_that_it_means() {
    let service = service();
    for (query, expected) in [
        ("id.in=1,3,9", "1 3"),
        ("id.in=(1,3)", "1 3"),
        ("id.in=", ""),
        ("id.not.in=", "1 2 3 4 5"),
        ("id.not.in=1,2", "3 4 5"),
        ("name.in=Ann,,Bob", "1 2 5"),
        (r#"name.in="A*%_\\","""#, "3 5"),
        ("name.not.in=Ann", "2 3 5"),
        ("code.in=ab,b", "1 2"),
        ("code=ab", "1"),
        ("label.in=abcd,abc", "1"),
        ("kind.in=red", "1 3"),
        ("kind.like=r*", "1 3"),
        ("kind.not.like=*e*", ""),
        ("feeling.in=sad,ok", "1 2 5"),
        (r#"nick.in="a,b",NULL"#, "3 5"),
        ("tags.in=(\"{a,b}\",\"{}\")", "1 2"),
        ("price.in=1.5,NaN", "1 5"),
        ("name.like=A*", "1 3"),
        ("name.like=a*", ""),
        ("name.ilike=a*", "1 3"),
        ("name.like=?nn", ""),
        ("name.like=_nn", "1"),
        (r"name.like=A\**", "3"),
        (r"name.like=*\%*", "3"),
        (r"name.like=*\\", "3"),
        ("name.not.like=A*", "2 5"),
        ("name.not.ilike=*", ""),
        ("name.not.null=true", "1 2 3 5"),
        ("name.null=true", "4"),
        ("name=", "5"),
        ("id.not.eq=1", "2 3 4 5"),
        ("id.not.lt=4", "4 5"),
        ("or=(id=1,id.gte=4)", "1 4 5"),
        ("or=(id.lt=2,name=Bob)&id.ne=1", "2"),
        ("or=(and=(id.gt=1,id.lt=3),name.null=true)", "2 4"),
        ("not.or=(id=1,id=2)", "3 4 5"),
        ("not.and=(id.gt=1,id.lt=4)", "1 4 5"),
        ("or=(id.in=(1,2),name.in=(\"\"))", "1 2 5"),
        ("or=(name=\"\",name=Ann)", "1 5"),
        ("or=(name=,name=Ann)", "1 5"),
        ("and=(or=(id=1,id=2),or=(id=2,id=3))", "2"),
        ("or=(\"odd,(name)\"=y,id=2)", "1 2"),
        ("or.eq=o", "1"),
        ("odd,(name).null=false", "1 5"),
        ("doc->>city=Rome", "1"),
        ("doc->>city.eq=Rome", "1"),
        ("doc->>city.in=Rome,Oslo", "1 2"),
        ("doc->>city.like=*o*", "1 2"),
        ("doc->>city.not.eq=Rome", "2"),
        ("doc->>city.null=true", "3 4 5"),
        ("doc->city.null=true", "3 4"),
        ("doc->city=null", "5"),
        ("doc->city=\"Rome\"", "1"),
        ("doc->n.gt=5", "2"),
        ("doc->n.in=5,40", "1 2"),
        ("doc->>n=5", "1 5"),
        ("doc->tags=[]", "2"),
        ("doc->tags->>1=b", "1"),
        ("doc->>0=zero", "1"),
        ("doc->0=1", "3"),
        ("doc->1->>city=Rome", "3"),
        ("doc->deep->er->0->x=1", "1"),
        ("doc->>\"a.b\"=dot", "1"),
        ("doc->>a.b.eq=dot", "1"),
        ("doc->>\"a.b\".not.like=x", "1"),
        ("plain->n=1", "1"),
        ("plain->>n.gte=2", "2"),
        ("plain->n.in=1,2", "1 2"),
        ("at_place->>city=Rome", "1"),
        ("at_place->zip.in=0,8", "5"),
        // JSON's null is below all numbers.
        ("at_place->zip.lt=7", "2 5"),
        ("tags->>0=a,b", "3"),
        ("or=(doc->>city=Oslo,at_place->zip=0)", "2 5"),
        ("not.or=(doc->>city=Rome)", "2"),
    ] {
        let answer = service.ask(&format!("GET /items/?{}", encoded(query)));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(ids(&answer.json()), expected, "{query}");
    }
}

#[test]
fn filters_that_mean_nothing_are_refused_with_their_names() {
    let service = service();
    for (query, column) in [
        ("id.in=1,x", Some("id")),
        ("id.in=\"1\"x", Some("id.in")),
        ("id.nope=1", Some("id.nope")),
        ("id.not=1", Some("id.not")),
        ("id.not.not.eq=1", Some("id.not.not.eq")),
        ("id.like=1*", None),
        ("id->>x.nope=1", Some("id->>x.nope")),
        ("doc->>a->b=1", Some("doc->>a->b")),
        ("doc->>\"a\"b=1", Some("doc->>\"a\"b")),
        ("doc->n=Rome", None),
        ("nope->>a=1", Some("nope->>a")),
        ("name.like=A\\", None),
        ("or=(id=1,id=x)", Some("id")),
        ("or=id=1", Some("or")),
        ("or=(id=1)(id=2)", Some("or")),
        ("or=(1)", Some("or")),
        ("count=yes", Some("count")),
        ("at_place=(Rome,7)", None),
    ] {
        let answer = service.ask(&format!("GET /items/?{}", encoded(query)));
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        answer.is_problem(400, column);
    }
    let many = format!("tags.in={}", vec!["%22%7Ba%7D%22"; 101].join(","));
    service.ask(&format!("GET /items/?{many}")).is_problem(400, Some("tags.in"));
    let numbers: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
    let many = service.ask(&format!("GET /items/?id.in={}", numbers.join(",")));
    assert_eq!(ids(&many.json()), "1 2 3 4 5");
}

#[test]
fn a_key_in_an_index_of_an_expression_is_found_by_it() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, doc jsonb);
         INSERT INTO items SELECT i, jsonb_build_object('city', 'c' || i) FROM generate_series(1, 20000) i;
         CREATE INDEX ON items ((doc ->> 'city')); ANALYZE items",
    );
    let service = Service::start(case, "items: {key: id}");
    for round in 0..20 {
        assert_eq!(
            ids(&service.ask(&format!("GET /items/?doc-%3E%3Ecity=c{}", round + 7)).json()),
            (round + 7).to_string()
        );
    }
    service
        .case
        .wait_until("SELECT idx_scan >= 15 FROM pg_stat_user_indexes WHERE indexrelname LIKE '%expr%'");
}
