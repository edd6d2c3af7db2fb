//! Rows are the same if their texts are, whatever the types take for equal.

use crate::sides::Sides;

const FOLLOWED: [&str; 4] = ["--table", "t", "--cursor", "u"];

/// Types and values that equality takes for the same, or that it does not know.
const KINDS: &[(&str, &str, &str)] = &[
    ("numeric", "1.5", "1.50"),
    ("float8", "0", "-0"),
    ("interval", "1 day", "24:00:00"),
    ("citext", "a", "A"),
    ("jsonb", "1.0", "1.00"),
    ("json", "{}", "{ }"),
    ("doc", "{}", "{ }"),
    ("jsonpath", "$.a", "$.b"),
    ("pair", "(1,{})", "(1,\"{ }\")"),
    ("numeric[]", "{1.5}", "{1.50}"),
    ("spot", "(1,2)", "(1,3)"),
    ("page", "<a/>", "<b/>"),
    ("pg_snapshot", "1:1:", "1:2:"),
    ("refcursor", "a", "b"),
    ("loose", "b", "B"),
];

const TYPES: &str = "CREATE EXTENSION citext; CREATE DOMAIN doc AS json; CREATE TYPE pair AS (a int, j json); CREATE DOMAIN spot AS point; \
     CREATE DOMAIN page AS xml; CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
     CREATE DOMAIN loose AS text COLLATE nocase";

#[test]
fn values_are_the_same_only_if_their_texts_are() {
    let sides = Sides::new(TYPES, &FOLLOWED);
    sides.destination.execute(TYPES);
    let columns = |place: usize, type_name: &str| format!("c{place} {type_name}");
    let list: Vec<String> =
        KINDS.iter().enumerate().map(|(place, (type_name, ..))| columns(place, type_name)).collect();
    let values =
        |which: fn(&(&str, &str, &str)) -> String| KINDS.iter().map(which).collect::<Vec<_>>().join(", ");
    let first = values(|(type_name, first, _)| format!("'{first}'::{type_name}"));
    sides.source.execute(&format!(
        "CREATE TABLE t (id int PRIMARY KEY, u bigint, {}); CREATE INDEX ON t (u); INSERT INTO t VALUES (0, 0, {first})",
        list.join(", ")
    ));
    sides.synced(&["--verify"]).assert_stdout_has("1 row are the same");
    for (place, (type_name, _, second)) in KINDS.iter().enumerate() {
        let change =
            format!("UPDATE t SET c{place} = '{second}'::{type_name}, u = {} WHERE id = 0", place + 1);
        sides.source.execute(&change);
        sides.synced(&["--verify"]).assert_stdout_has(" 1 changed");
        let texts = "SELECT t::text FROM t";
        assert_eq!(sides.source.one(texts), sides.destination.one(texts), "{type_name}");
        // What only the destination has is found.
        sides.settle();
        sides.destination.execute(&format!("UPDATE t SET c{place} = '{}'::{type_name}", KINDS[place].1));
        sides.once(&["--verify"]).assert_code(1).assert_stdout_has("not the same: 0\n");
        sides.destination.execute("DELETE FROM pghaul.syncs");
        sides.synced(&["--verify"]).assert_stdout_has(" 1 changed");
    }
}

#[test]
fn a_key_that_gets_another_text_is_the_same_row() {
    for (type_name, before, after) in [("citext", "a", "A"), ("numeric", "1.5", "1.50")] {
        for cursor in ["u + 10", "u"] {
            let sides = Sides::new("CREATE EXTENSION citext", &FOLLOWED);
            sides.destination.execute("CREATE EXTENSION citext");
            sides.source.execute(&format!(
                "CREATE TABLE t (k {type_name} PRIMARY KEY, v int, u bigint); CREATE INDEX ON t (u); \
                 INSERT INTO t VALUES ('{before}', 1, 1)"
            ));
            sides.synced(&[]);
            sides.settle();
            sides.source.execute(&format!("UPDATE t SET k = '{after}', u = {cursor}"));
            sides.synced(&["--deletes", "--verify"]);
            assert_eq!(sides.destination.one("SELECT k::text || v FROM t"), format!("{after}1"));
        }
    }
}

#[test]
fn keys_that_only_the_destination_takes_for_equal_are_refused() {
    let nocase =
        "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    let table = |collation: &str| {
        format!("CREATE TABLE t (k text {collation} PRIMARY KEY, u bigint); CREATE INDEX ON t (u)")
    };
    let sides = Sides::new(&format!("{}; INSERT INTO t VALUES ('a', 1), ('A', 2)", table("")), &FOLLOWED);
    sides
        .destination
        .execute(&format!("{nocase}; {}; INSERT INTO t VALUES ('a', 1)", table("COLLATE nocase")));
    sides
        .once(&[])
        .assert_code(2)
        .assert_stderr_has("column k: its collation takes keys for equal that the source tells apart");
    assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "1");
    // Where the source takes them for equal, too, it has only one.
    let sides = Sides::new(
        &format!("{nocase}; {}; INSERT INTO t VALUES ('a', 1)", table("COLLATE nocase")),
        &FOLLOWED,
    );
    sides.destination.execute(&format!("{nocase}; {}", table("COLLATE nocase")));
    sides.synced(&[]);
    sides.source.execute("UPDATE t SET k = 'A', u = 2");
    sides.synced(&[]);
    sides.assert_same("SELECT * FROM t");
}

#[test]
fn databases_of_other_encodings_compare() {
    let sides = Sides::new("SELECT 1", &FOLLOWED);
    let latin = sides.destination.one("SELECT current_database() || '_latin'");
    sides
        .destination
        .execute(&format!("CREATE DATABASE \"{latin}\" TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'"));
    let name = sides.destination.one("SELECT current_database()");
    let to = sides.destination.url().replace(&name, &latin);
    sides.source.execute(
        "CREATE TABLE t (k text PRIMARY KEY, v text, u bigint); CREATE INDEX ON t (u); \
         INSERT INTO t SELECT 'é' || i, 'ü', i FROM generate_series(1, 3000) i; ANALYZE t",
    );
    sides.synced(&["--to", &to]);
    sides.source.execute("DELETE FROM t WHERE u = 7");
    sides
        .synced(&["--to", &to, "--deletes", "--verify"])
        .assert_stdout_has(", 1 gone")
        .assert_stdout_has("2,999 rows are the same");
    sides.destination.execute(&format!("DROP DATABASE \"{latin}\""));
}

#[test]
fn deletes_do_not_depend_on_how_a_server_orders_keys() {
    let types = "CREATE EXTENSION citext; CREATE DOMAIN email AS text";
    for type_name in ["text", "text COLLATE nordic", "email", "char(40)", "citext"] {
        let sides = Sides::new(types, &FOLLOWED);
        sides.destination.execute(types);
        sides.source.execute("CREATE COLLATION nordic (provider = icu, locale = 'da')");
        // The collation of the same name has another order there.
        sides.destination.execute("CREATE COLLATION nordic (provider = icu, locale = 'en-u-kf-upper')");
        sides.source.execute(&format!(
            "CREATE TABLE t (k {type_name} PRIMARY KEY, n int, u bigint); CREATE INDEX ON t (u); \
             INSERT INTO t SELECT CASE g % 3 WHEN 0 THEN 'é' WHEN 1 THEN '' ELSE '_' END \
             || CASE WHEN g % 2 = 0 THEN upper(md5(g::text)) ELSE md5(g::text) END, g, g FROM generate_series(1, 6000) g; ANALYZE t"
        ));
        sides.synced(&[]);
        sides.source.execute("DELETE FROM t WHERE n = 7");
        sides.synced(&["--deletes"]).assert_stdout_has(", 1 gone");
        sides.assert_same("SELECT n FROM t ORDER BY n");
    }
}
