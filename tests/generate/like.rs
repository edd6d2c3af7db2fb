//! `pghaul generate like`: rows for tables that exist. PostgreSQL itself checks the constraints.

use pghaul_test_support::{Database, Outcome, Pghaul, Run, Workdir, pghaul, server};
use std::collections::BTreeSet;

/// A database with tables, an empty one, and a folder.
struct Pair {
    work: Workdir,
    source: Database<'static>,
    target: Database<'static>,
}

impl Pair {
    fn new(sql: &str) -> Pair {
        let (source, target) = (server().database(), server().database());
        source.execute(sql);
        Pair { work: Workdir::new(), source, target }
    }

    fn like(&self, args: &str) -> Pghaul {
        pghaul!(self.work)
            .args(["generate", "like", "--from", &self.source.url()])
            .args(shlex::split(args).unwrap())
    }

    fn fill(&self, args: &str) -> Run {
        self.like(args).args(["--into", &self.target.url()]).run()
    }

    /// Adds rows to the tables themselves.
    fn append(&self, args: &str) -> Run {
        self.like(args).args(["--append", "--into", &self.source.url()]).run()
    }

    #[track_caller]
    fn loaded(&self, args: &str) -> Run {
        let run = self.fill(args);
        run.assert_code(0);
        run
    }
}

/// All rows of a table as one text.
fn rows(database: &Database<'_>, table: &str) -> String {
    database.one(&format!("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} t"))
}

/// A shop: keys of every kind, references forth and back, checks, domains.
const SHOP: &str = "
    CREATE TYPE state AS ENUM ('new', 'paid', 'it''s \"sent\"', 'back\\slash');
    CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE >= 0 AND VALUE <= 100) NOT NULL;
    CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%');
    CREATE TABLE customers (
        id serial PRIMARY KEY,
        email mail UNIQUE,
        country char(2) NOT NULL CHECK (country = upper(country)),
        born date CHECK (born > '1900-01-01' AND born <= CURRENT_DATE),
        parent int REFERENCES customers,
        CHECK (length(email) <= 60));
    CREATE TABLE products (
        sku varchar(8) PRIMARY KEY,
        price numeric(8,2) NOT NULL CHECK (price > 0),
        kind text NOT NULL CHECK (kind IN ('book', 'game', 'it''s')),
        discount percent);
    CREATE TABLE orders (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        customer int NOT NULL REFERENCES customers,
        state state NOT NULL,
        ordered timestamptz NOT NULL,
        sent timestamptz CHECK (sent IS NULL OR sent > ordered),
        total numeric GENERATED ALWAYS AS (id * 2) STORED,
        tags text[],
        CHECK (sent > ordered));
    CREATE TABLE lines (
        order_id bigint REFERENCES orders,
        line smallint CHECK (line BETWEEN 1 AND 40),
        sku varchar(8) NOT NULL REFERENCES products,
        quantity int NOT NULL DEFAULT 1 CHECK (quantity > 0 AND quantity <> 13),
        PRIMARY KEY (order_id, line),
        UNIQUE (sku, order_id));
    CREATE TABLE notes (
        order_id bigint PRIMARY KEY REFERENCES orders,
        line_order bigint, line smallint,
        body text NOT NULL CHECK (char_length(body) >= 20),
        FOREIGN KEY (line_order, line) REFERENCES lines (order_id, line) MATCH FULL);
    CREATE UNIQUE INDEX ON customers (lower(email)) WHERE country <> 'DE';";

const SHOP_TABLES: &str = "notes lines orders products customers";

#[test]
fn new_tables_satisfy_their_constraints_with_any_number_of_workers() {
    let pair = Pair::new(SHOP);
    pair.target.execute(
        "CREATE TYPE state AS ENUM ('new', 'paid', 'it''s \"sent\"', 'back\\slash'); \
         CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE >= 0 AND VALUE <= 100) NOT NULL; \
         CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')",
    );
    let rows_wanted = "--rows 3000,lines=5000,products=500,notes=2500";
    let mut seen = BTreeSet::new();
    for workers in [1, 3] {
        let run = pair.loaded(&format!("{SHOP_TABLES} {rows_wanted} --workers {workers}"));
        run.assert_stdout_has("public.lines: 5,000 rows");
        let count = |table: &str| pair.target.one(&format!("SELECT count(*) FROM {table}"));
        let counts = ["notes", "lines", "orders", "products", "customers"].map(count);
        assert_eq!(counts, ["2500", "5000", "3000", "500", "3000"]);
        // The server has checked the constraints that it has; they are those of the source.
        let constraints = "SELECT string_agg(format('%s %s %s %s', conrelid::regclass, conname, convalidated, \
                           pg_get_constraintdef(oid)), E'\\n' ORDER BY conrelid::regclass::text, conname) \
                           FROM pg_constraint WHERE conrelid > 16384";
        assert_eq!(pair.target.one(constraints), pair.source.one(constraints));
        let indexes = "SELECT string_agg(indexdef, E'\\n' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'";
        assert_eq!(pair.target.one(indexes), pair.source.one(indexes));
        for (what, expected) in [
            ("count(DISTINCT customer) > 1000 FROM orders", "t"),
            ("count(DISTINCT kind) FROM products", "3"),
            ("count(DISTINCT state) FROM orders", "4"),
            ("count(parent) FROM customers", "2999"),
            ("count(DISTINCT order_id) > 1500 FROM lines", "t"),
            ("count(DISTINCT tags) > 1500 FROM orders", "t"),
        ] {
            assert_eq!(pair.target.one(&format!("SELECT {what}")), expected, "{what}");
        }
        // Sequences go on behind the rows.
        pair.target.execute("INSERT INTO customers (country) VALUES ('XX')");
        assert_eq!(pair.target.one("SELECT max(id) FROM customers"), "3001");
        pair.target.execute("DELETE FROM customers WHERE id = 3001");
        seen.insert(SHOP_TABLES.split(' ').map(|table| rows(&pair.target, table)).collect::<Vec<_>>());
        pair.target.execute("DROP TABLE notes, lines, orders, products, customers");
    }
    assert_eq!(seen.len(), 1, "the same rows with any number of workers");
    pair.loaded("customers --rows 50 --seed 1");
    assert!(!seen.iter().any(|tables| tables[4].starts_with(&rows(&pair.target, "customers"))));
}

#[test]
fn rows_are_added_to_tables_that_are_there() {
    let pair = Pair::new(SHOP);
    let run = pair
        .like(&format!("{SHOP_TABLES} --rows 300,products=40"))
        .args(["--into", &pair.source.url()])
        .run();
    run.assert_code(2).assert_stderr_has("table customers: exists already; add --append to add rows to it");
    for times in 1..=3 {
        let run = pair.append(&format!("{SHOP_TABLES} --rows 300,products=40"));
        run.assert_code(0);
        assert_eq!(pair.source.one("SELECT count(*) FROM orders"), (300 * times).to_string());
        assert_eq!(pair.source.one("SELECT count(*) FROM products"), (40 * times).to_string());
    }
    // One table alone refers to rows that are there.
    pair.append("orders --rows 50").assert_code(0);
    assert_eq!(pair.source.one("SELECT count(*) FROM orders"), "950");
    // What fails leaves nothing.
    pair.source.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
                         CREATE TRIGGER no BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION no()",
    );
    pair.append(&format!("{SHOP_TABLES} --rows 300,products=40")).assert_code(1);
    assert_eq!(pair.source.one("SELECT count(*) FROM orders"), "950");
}

/// Types of PostgreSQL that no values are made of, each with its reason.
const NOT_MADE: [&str; 9] = [
    "aclitem",               // rights on objects
    "gtsvector",             // inside of indexes, without an input function
    "pg_brin_bloom_summary", // inside of indexes
    "pg_brin_minmax_multi_summary",
    "pg_dependencies", // the server's own, without an input function
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "refcursor", // the name of a cursor of a session
];

/// Each type of the catalog that a column can have, plain and as an array.
#[test]
fn every_type_of_the_catalog_is_made_or_named() {
    let pair = Pair::new("");
    let types = "SELECT format_type(t.oid, NULL), t.typarray <> 0 FROM pg_type t WHERE t.typnamespace = 'pg_catalog'::regnamespace \
                 AND t.typtype IN ('b', 'r', 'm') AND t.typisdefined AND t.typcategory <> 'A' AND t.typname <> 'unknown' ORDER BY 1";
    let types = pair
        .source
        .rows(types)
        .into_iter()
        .map(|row| (row[0].clone().unwrap(), row[1].as_deref() == Some("t")));
    let types: Vec<(String, bool)> = types.collect();
    assert!(types.len() > 60, "{types:?}");
    let mut columns = Vec::new();
    for (number, (name, has_array)) in types.iter().enumerate() {
        columns.push((format!("c{number}"), name.clone()));
        if *has_array {
            columns.push((format!("a{number}"), format!("{name}[]")));
        }
    }
    let clauses: Vec<String> = columns.iter().map(|(column, name)| format!("{column} {name}")).collect();
    pair.source.execute(&format!("CREATE TABLE t (id int PRIMARY KEY, {})", clauses.join(", ")));
    let run = pair.loaded("t --rows 500");
    let mut left = BTreeSet::new();
    for (column, name) in &columns {
        let is_named = run.stderr.contains(&format!("table t: column {column} is always NULL"));
        let filled = pair.target.one(&format!("SELECT count({column}) FROM t"));
        assert_eq!(filled, if is_named { "0" } else { "500" }, "{name} {column}: {}", run.stderr);
        if is_named {
            left.insert(name.trim_end_matches("[]").trim_matches('"'));
        }
    }
    assert!(left.iter().all(|name| NOT_MADE.contains(name)), "{left:?}");
    // Another type for each row, where there are so many values.
    for name in
        ["uuid", "inet", "jsonb", "timestamp with time zone", "bytea", "interval", "xml", "money", "macaddr"]
    {
        let number = types.iter().position(|(known, _)| known == name).unwrap();
        let distinct = pair.target.one(&format!("SELECT count(DISTINCT c{number}::text) > 250 FROM t"));
        assert_eq!(distinct, "t", "{name}");
    }
}

/// A key of each type of a scalar, alone: all values differ.
#[test]
fn keys_of_all_types_are_unique() {
    let types = [
        "smallint",
        "integer",
        "bigint",
        "numeric(9,3)",
        "numeric",
        "real",
        "double precision",
        "text",
        "varchar(4)",
        "char(5)",
        "bytea",
        "date",
        "time",
        "time(0)",
        "timetz",
        "timestamp",
        "timestamp(0)",
        "timestamptz",
        "interval",
        "uuid",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "bit(12)",
        "varbit(16)",
        "jsonb",
        "money",
        "oid",
        "name",
        "tsvector",
        "pg_lsn",
        "int[]",
        "int4range",
        "tstzrange",
        "citext",
    ];
    let pair = Pair::new("");
    let has_citext =
        pair.source.one("SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") == "1";
    let mut tables = Vec::new();
    for database in [&pair.source, &pair.target] {
        if has_citext {
            database.execute("CREATE EXTENSION citext");
        }
    }
    for (number, name) in types.iter().enumerate().filter(|(_, name)| **name != "citext" || has_citext) {
        pair.source.execute(&format!("CREATE TABLE k{number} (k {name} PRIMARY KEY, u {name} UNIQUE)"));
        tables.push(format!("k{number}"));
    }
    pair.loaded(&format!("{} --rows 3000", tables.join(" ")));
    for table in &tables {
        assert_eq!(pair.target.one(&format!("SELECT count(*) FROM {table}")), "3000");
    }
    // More than the type holds is said before anything is written.
    pair.source.execute("CREATE TABLE few (b boolean PRIMARY KEY); CREATE TABLE letters (c char(1), b boolean, PRIMARY KEY (c, b))");
    for (table, rows, most) in [("few", 3, "it has 2 at most"), ("letters", 53, "there are 52 combinations")]
    {
        let run = pair.fill(&format!("{table} --rows {rows}"));
        run.assert_code(2).assert_stderr_has(&format!(
            "error: table {table}: key {table}_pkey cannot hold {rows} different values: {most}"
        ));
    }
    pair.loaded("few letters --rows few=2,letters=52");
}

#[test]
fn statistics_shape_the_rows_and_no_common_value_is_taken_unless_asked() {
    let pair = Pair::new(
        "CREATE TABLE people (id int PRIMARY KEY, name text, age int, city text, seen timestamp, score real);
         INSERT INTO people SELECT i, 'secret ' || i, 20 + i % 50, CASE WHEN i % 4 = 0 THEN 'Springfield' END,
             '2021-03-01'::timestamp + i * interval '1 minute', i / 10.0 FROM generate_series(1, 4000) i; ANALYZE",
    );
    let run = pair.loaded("people --rows 2000");
    run.assert(run.stderr.is_empty(), "no warning");
    for (what, expected) in [
        ("min(age) >= 20 AND max(age) <= 69 FROM people", "t"),
        ("count(DISTINCT age) BETWEEN 40 AND 50 FROM people", "t"),
        ("count(city) BETWEEN 400 AND 600 FROM people", "t"),
        ("count(DISTINCT city) FROM people", "1"),
        ("count(*) FILTER (WHERE name LIKE 'secret%' OR city = 'Springfield') FROM people", "0"),
        ("min(seen) >= '2021-03-01' AND max(seen) < '2021-03-04' FROM people", "t"),
        ("max(score) <= 400 FROM people", "t"),
        ("avg(length(name)) BETWEEN 6 AND 14 FROM people", "t"),
    ] {
        assert_eq!(pair.target.one(&format!("SELECT {what}")), expected, "{what}");
    }
    pair.target.execute("DROP TABLE people");
    pair.loaded("people --rows 2000 --values");
    assert_eq!(pair.target.one("SELECT count(DISTINCT city) || min(city) FROM people"), "1Springfield");
    pair.source.execute("CREATE TABLE unknown (a int)");
    pair.loaded("unknown --rows 5").assert_stderr_has("table unknown has no statistics");
}

#[test]
fn what_cannot_be_is_named_before_anything_is_written() {
    let pair = Pair::new(
        "CREATE VIEW v AS SELECT 1 AS a; CREATE TABLE parent (id int PRIMARY KEY);
         CREATE TABLE child (id int REFERENCES parent NOT NULL);
         CREATE TABLE odd (a int, b int CHECK (b % 7 = 9), c text NOT NULL CHECK (md5(c) < '1'));
         CREATE TABLE nullable (a int CHECK (a % 7 = 9), d text CHECK (d ~ '^[0-9]{4}-x$'));
         CREATE TABLE excluded (a int, EXCLUDE USING btree (a WITH =), during int4range, EXCLUDE USING gist (during WITH &&))",
    );
    for (args, message) in [
        ("v --rows 1", "table v: is a view, not a table"),
        ("nothing --rows 1", "table nothing: does not exist, or is in no schema of the search path"),
        ("parent parent --rows 1", "table parent: is named twice"),
        (
            "child --rows 1",
            "table parent: foreign key child_id_fkey refers to a table that is not there; name public.parent, too",
        ),
        ("parent child --rows parent=0,child=1", "refers to \"public\".\"parent\", which has no rows"),
        (
            "odd --rows 10",
            "table odd: the check odd_c_check is not understood, and the values that were tried break it",
        ),
        ("parent", "--rows"),
    ] {
        pair.fill(args).assert_code(2).assert_stderr_has(message);
    }
    assert_eq!(
        pair.target.one("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
        "0"
    );
    let run = pair.loaded("nullable excluded --rows 2000");
    run.assert_stderr_has(
        "table nullable: column a is always NULL, since the check nullable_a_check is not understood",
    )
    .assert_stderr_has("table nullable: column d is always NULL");
    assert_eq!(pair.target.one("SELECT count(*) FROM excluded"), "2000");
    pair.like("parent --rows 1").run().assert_code(2).assert_stderr_has("nothing says where the rows go");
}

#[test]
fn names_are_data_and_never_sql() {
    let hostile = ["a\"b", "drop table x; --", "Größe", "select", "NULL", "a.b", "x\ty", "%s $1 {}"];
    let schema = "s\"; DROP SCHEMA public; --";
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: Vec<String> =
        hostile.iter().map(|name| format!("{} text CHECK ({0} <> 'no')", quote(name))).collect();
    let label = "it''s; \" \\ \t,{}()";
    let sql = format!(
        "CREATE SCHEMA {schema}; CREATE TYPE {schema}.{kind} AS ENUM ('{label}', 'NULL', '');
         CREATE TYPE {schema}.pair AS (a int, {kind} {schema}.{kind});",
        schema = quote(schema),
        kind = quote(hostile[0]),
    );
    let pair = Pair::new(&sql);
    pair.target.execute(&sql);
    pair.source.execute(&format!(
        "CREATE TABLE {schema}.{table} ({}, {key} {schema}.{kind}, list {schema}.{kind}[], whole {schema}.pair, id int PRIMARY KEY, \
         up int CONSTRAINT {constraint} REFERENCES {schema}.{table})",
        columns.join(", "),
        schema = quote(schema),
        table = quote(hostile[1]),
        kind = quote(hostile[0]),
        key = quote("k ey"),
        constraint = quote(hostile[3]),
    ));
    let table = format!("{}.{}", quote(schema), quote(hostile[1]));
    let run =
        pair.like(&format!("'{table}' --rows 500 --workers 2")).args(["--into", &pair.target.url()]).run();
    run.assert_code(0);
    assert_eq!(pair.target.one(&format!("SELECT count(*) FROM {table}")), "500");
    let seen = format!(
        "SELECT count(DISTINCT \"k ey\") || ' ' || count(DISTINCT (whole).{}) FROM {table}",
        quote(hostile[0])
    );
    assert_eq!(pair.target.one(&seen), "3 3");
}

/// What public reports say that other generators cannot do; each with its tables as they stand there, or nearly so.
#[test]
fn schemas_of_public_reports_are_filled() {
    let pair = Pair::new("");
    for (report, sql, tables) in [
        (
            "shuttle-hq/synth#446: a check that joins equalities by OR",
            "CREATE TABLE region (oid varchar(128) PRIMARY KEY, region_id varchar(256) NOT NULL UNIQUE, status varchar(32),
             created_by varchar(128) NOT NULL DEFAULT 'System', created_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
             CONSTRAINT ck_status_region CHECK (((status)::text = 'Active'::text) OR ((status)::text = 'Inactive'::text)))",
            "region",
        ),
        (
            "shuttle-hq/synth#415, GreenmaskIO/greenmask#77: generated columns",
            "CREATE TABLE a_table (id int PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, created timestamp NOT NULL DEFAULT now(),
             updated timestamp, last timestamp GENERATED ALWAYS AS (greatest(created, updated)) STORED)",
            "a_table",
        ),
        (
            "supabase-community/seed#199: identity columns in a schema of their own",
            "CREATE SCHEMA app; CREATE TABLE app.demo (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)",
            "app.demo",
        ),
        (
            "faisaltheparttimecoder/mock-data#13, mferretti/SeedStream#212: a primary key of two foreign keys",
            "CREATE TABLE playlist (id int PRIMARY KEY); CREATE TABLE track (id int PRIMARY KEY, seconds smallint NOT NULL);
             CREATE TABLE playlisttrack (playlist int REFERENCES playlist, track int REFERENCES track, PRIMARY KEY (playlist, track))",
            "playlisttrack playlist track",
        ),
        (
            "alan-turing-institute/sqlsynthgen#43: tables that refer to each other in a circle",
            "CREATE TABLE concept (id int PRIMARY KEY, domain text NOT NULL); CREATE TABLE domain (id text PRIMARY KEY, concept int NOT NULL
             REFERENCES concept); ALTER TABLE concept ADD FOREIGN KEY (domain) REFERENCES domain",
            "concept domain",
        ),
        (
            "hitsz-ids/synthetic-data-generator#111: foreign keys of several columns, below a tenant",
            "CREATE TABLE tenants (id uuid PRIMARY KEY); CREATE TABLE people (tenant uuid REFERENCES tenants, id int, PRIMARY KEY (tenant, id));
             CREATE TABLE notes (id bigserial PRIMARY KEY, tenant uuid NOT NULL REFERENCES tenants, person int,
             FOREIGN KEY (tenant, person) REFERENCES people)",
            "notes people tenants",
        ),
    ] {
        pair.source.execute(sql);
        if report.contains("schema of their own") {
            pair.target.execute("CREATE SCHEMA app");
        }
        let run = pair.fill(&format!("{tables} --rows 900 --workers 2"));
        run.assert(run.code == 0, report);
        for table in tables.split(' ') {
            assert_eq!(pair.target.one(&format!("SELECT count(*) FROM {table}")), "900", "{report}");
        }
    }
    assert_eq!(pair.target.one("SELECT count(DISTINCT status) FROM region"), "2");
}

#[test]
fn a_dump_is_loaded_by_ingest_and_holds_the_same_rows() {
    let pair = Pair::new(SHOP);
    let run = pair.like(&format!("{SHOP_TABLES} --rows 400,products=50 --out made --report -")).run();
    run.assert_code(0);
    assert_eq!(Outcome::of(run).report["totals"]["rows_loaded"], 1650);
    let run = pghaul!(pair.work)
        .args(["ingest", "--config", "made/config.yml", "--db", &pair.target.url(), "--verify"])
        .run();
    run.assert_code(0);
    pair.append(&format!("{SHOP_TABLES} --rows 400,products=50")).assert_code(0);
    for (columns, table) in [
        ("id, email, country, born, parent", "customers"),
        ("sku, price, kind, discount", "products"),
        ("id, customer, state::text, ordered, sent, tags::text", "orders"),
        ("order_id, line, sku, quantity", "lines"),
        ("order_id, line_order, line, body", "notes"),
    ] {
        let all = format!(
            "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM (SELECT {columns} FROM {table}) t"
        );
        assert_eq!(pair.target.one(&all), pair.source.one(&all), "{table}");
    }
}

/// A role that may have one connection: there is none for a stream beside it.
#[test]
fn where_the_server_has_no_room_for_more_the_only_connection_fills_the_tables() {
    let pair = Pair::new("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a)");
    let role = pair.target.role("hunter2");
    pair.target.execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}; \
         ALTER ROLE {role} CONNECTION LIMIT 1",
        pair.target.name()
    ));
    let into = pair.target.tcp_url(&role, "hunter2");
    let run = pair.like("a b --rows 100000 --workers 2").args(["--into", &into]).run();
    run.assert_code(0).assert_stderr_has("instead of 2");
    assert_eq!(
        pair.target.one("SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)"),
        "100000 100000"
    );
}

#[test]
fn rows_are_added_whatever_the_types_of_a_key() {
    // Types whose names begin as those of numbers and times do.
    let pair = Pair::new("CREATE TABLE t (id int, during daterange, PRIMARY KEY (id, during))");
    pair.append("t --rows 20").assert_code(0);
    pair.append("t --rows 20").assert_code(0);
    assert_eq!(pair.source.one("SELECT count(*) FROM t"), "40");
}
