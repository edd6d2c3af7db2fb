//! Where jobs put their rows, as the library offers it to them: a table that is there or is created, several streams into a
//! staging table, and the moment when all becomes visible. Rejects, and what the server refuses.

use pghaul::config::IntoCfg;
use pghaul::copy::rejects::limit::RejectLimit;
use pghaul::copy::rejects::values::ValueRejects;
use pghaul::copy::values::batch::{ValueBatch, ValueColumns};
use pghaul::copy::values::copy::ValueCopy;
use pghaul::copy::values::json::Json;
use pghaul::pg::connect::Target;
use pghaul::pg::database::{self, Location};
use pghaul::table::into::{Durability, TargetTable};
use pghaul_test_support::{Database, Workdir, says, server};
use postgres::Client;

struct Job {
    db: Database<'static>,
    work: Workdir,
}

impl Job {
    fn new(sql: &str) -> Job {
        let db = server().database();
        db.execute(sql);
        Job { db, work: Workdir::new() }
    }

    fn connect(&self) -> Client {
        let database =
            database::Database::open(Location::Named(Target::parse(&self.db.url()).unwrap())).unwrap();
        database.connect().unwrap()
    }

    fn find(&self, into: &str) -> pghaul::Result<TargetTable> {
        let cfg: IntoCfg = serde_yaml::from_str(into).unwrap();
        TargetTable::find(&mut self.connect(), &cfg.resolve()?, None)
    }

    #[track_caller]
    fn refused(&self, into: &str) -> String {
        let error = self.find(into).unwrap_err();
        assert_eq!(error.exit().code(), 2);
        error.to_string()
    }

    fn rejects(&self, limit: &str) -> ValueRejects {
        let rejects = ValueRejects::new(&self.work.join("rejects"), "job", limit.parse().unwrap(), false);
        rejects.check().unwrap();
        rejects
    }

    /// By way of a staging table; each list of rows is a stream.
    fn load(&self, into: &str, streams: &[&[&str]], limit: &str) -> pghaul::Result<u64> {
        let target = self.find(into)?;
        let mut client = self.connect();
        let stage = target.stage(&mut client, Durability::UntilCrash)?;
        let rejects = self.rejects(limit);
        let connect = || Ok(self.connect());
        for (number, rows) in streams.iter().enumerate() {
            let mut copy = ValueCopy::new(target.columns(), stage.table(), &connect);
            let mut client = self.connect();
            let mut transaction = client.transaction()?;
            copy.copy(&mut transaction, &batch(&target, number as u64 + 1, rows), &rejects)?;
            rejects.sync()?;
            transaction.commit()?;
        }
        rejects.judge()?;
        let mut transaction = client.transaction()?;
        let changed = target.publish(&stage, &mut transaction)?;
        transaction.commit()?;
        Ok(changed)
    }

    fn rows(&self, table: &str) -> String {
        let sql = format!("SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} t");
        self.db.one(&sql)
    }
}

/// Rows, each a JSON array.
fn batch(target: &TargetTable, number: u64, rows: &[&str]) -> ValueBatch {
    let mut batch = ValueBatch::new(&ValueColumns::new(target.columns()), None);
    batch.begin_source(format!("request {number}").into(), number, 0);
    for row in rows {
        let values: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(row).unwrap();
        for value in &values {
            let text = value.get();
            match text.as_bytes()[0] {
                b'n' => batch.push_json(Json::Null),
                b't' | b'f' => batch.push_json(Json::Bool(text == "true")),
                b'"' => batch.push_json(Json::String(&serde_json::from_str::<String>(text).unwrap())),
                b'[' | b'{' => batch.push_json(Json::Compound(text)),
                _ => batch.push_json(Json::Number(text)),
            }
        }
        batch.end_row();
    }
    batch
}

#[test]
fn values_of_every_kind_are_what_the_servers_own_input_makes_of_them() {
    let job = Job::new(
        "CREATE TABLE t (id bigint, n numeric, b boolean, at timestamptz, doc jsonb, j json, tags text[], m money, f float8)",
    );
    let rows = [
        r#"[4611686018438308034, 1.10, true, "2020-02-29T12:00:00Z", {"a": [1, "x"]}, "s", ["a\"b", null], "$1.50", 1e-7]"#,
        r#"["9223372036854775807", 1e3, "yes", "yesterday"  , 7, {"b" :1}, [], null, "NaN"]"#,
    ];
    job.load("{table: t, mode: append}", &[&rows], "0").unwrap();
    assert_eq!(
        job.db.rows("SELECT id, n, b, doc, j, tags, m, f FROM t ORDER BY id")[0],
        [
            "4611686018438308034",
            "1.10",
            "t",
            "{\"a\": [1, \"x\"]}",
            "\"s\"",
            "{\"a\\\"b\",NULL}",
            "$1.50",
            "1e-07"
        ]
        .map(|text| Some(text.to_owned()))
    );
    assert_eq!(job.db.one("SELECT count(*) FROM t WHERE at = 'yesterday'::timestamptz AND n = 1000"), "1");
}

#[test]
fn replace_swaps_the_table_and_keeps_what_users_have_put_on_it() {
    let job = Job::new(
        "CREATE TABLE t (id int PRIMARY KEY, note text DEFAULT 'none', CHECK (id > 0)); CREATE INDEX i ON t (note); \
         COMMENT ON TABLE t IS 'mine'; CREATE ROLE reader_of_t; GRANT SELECT ON t TO reader_of_t; INSERT INTO t VALUES (9, 'old')",
    );
    let before = job.db.one("SELECT 't'::regclass::oid");
    job.load("{table: t, mode: replace, columns: [id]}", &[&["[1]", "[2]"], &["[3]"]], "0").unwrap();
    assert_eq!(job.rows("t"), "(1,none) (2,none) (3,none)");
    assert_ne!(job.db.one("SELECT 't'::regclass::oid"), before);
    assert_eq!(job.db.one("SELECT has_table_privilege('reader_of_t', 't', 'SELECT')"), "t");
    assert_eq!(job.db.one("SELECT obj_description('t'::regclass)"), "mine");
    assert_eq!(job.db.one("SELECT count(*) FROM pg_indexes WHERE indexname IN ('i', 't_pkey')"), "2");
    let error = job.load("{table: t, mode: replace, columns: [id]}", &[&["[1]"], &["[1]"]], "0").unwrap_err();
    says(
        &error.to_string(),
        &["table t", "could not create unique index", "the old table's primary key t_pkey does not fit"],
    );
    assert_eq!(job.rows("t"), "(1,none) (2,none) (3,none)");
    // What the failure has left is no obstacle.
    job.load("{table: t, mode: replace, columns: [id]}", &[&["[7]"]], "0").unwrap();
    assert_eq!(job.rows("t"), "(7,none)");
    assert_eq!(
        job.db.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'pghaul%' AND relkind = 'r'"),
        "0"
    );
}

#[test]
fn a_table_with_a_view_keeps_its_place_and_readers_see_all_old_or_all_new_rows() {
    let job = Job::new(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, n int NOT NULL); INSERT INTO t (n) VALUES (9); \
         CREATE VIEW v AS SELECT n FROM t; CREATE MATERIALIZED VIEW m AS SELECT n FROM t",
    );
    let before = job.db.one("SELECT 't'::regclass::oid");
    let target = job.find("{table: t, mode: replace, columns: [n]}").unwrap();
    let (mut client, rejects) = (job.connect(), job.rejects("0"));
    let stage = target.stage(&mut client, Durability::UntilCrash).unwrap();
    let connect = || Ok(job.connect());
    let mut transaction = client.transaction().unwrap();
    let mut copy = ValueCopy::new(target.columns(), stage.table(), &connect);
    copy.copy(&mut transaction, &batch(&target, 1, &["[1]", "[2]"]), &rejects).unwrap();
    target.publish(&stage, &mut transaction).unwrap();
    assert_eq!(job.rows("v"), "(9)");
    transaction.commit().unwrap();
    assert_eq!(job.rows("v"), "(1) (2)");
    assert_eq!(job.db.one("SELECT 't'::regclass::oid"), before);
}

#[test]
fn upsert_takes_the_last_of_each_key_and_touches_no_equal_row() {
    let job = Job::new(
        "CREATE TABLE t (a int, b text, doc json, n int, UNIQUE (b, a)); INSERT INTO t VALUES (1, 'x', '{}', 1), (2, 'x', '{}', 2)",
    );
    let into = "{table: t, mode: upsert, key: [a, b]}";
    let untouched = job.db.one("SELECT ctid FROM t WHERE a = 1");
    let rows: [&str; 4] =
        [r#"[1, "x", {}, 1]"#, r#"[2, "x", {}, 7]"#, r#"[2, "x", {}, 8]"#, r#"[3, "x", null, 3]"#];
    assert_eq!(job.load(into, &[&rows], "0").unwrap(), 2);
    assert_eq!(job.rows("t"), "(1,x,{},1) (2,x,{},8) (3,x,,3)");
    assert_eq!(job.db.one("SELECT ctid FROM t WHERE a = 1"), untouched);
    // The same by a transaction of the job's own.
    let target = job.find(into).unwrap();
    let (mut client, rejects) = (job.connect(), job.rejects("1"));
    let direct = target.direct(&mut client).unwrap();
    let connect = || Ok(job.connect());
    let mut copy = ValueCopy::new(target.columns(), direct.table(), &connect);
    for n in [5, 6] {
        let mut transaction = client.transaction().unwrap();
        let row = format!(r#"[3, "x", null, {n}]"#);
        copy.copy(
            &mut transaction,
            &batch(&target, 1, &[&row, &row, r#"[4, null, null, 4]"#][..2 + (n - 5)]),
            &rejects,
        )
        .unwrap();
        assert_eq!(direct.finish(&mut transaction).unwrap(), Some(1));
        transaction.commit().unwrap();
    }
    assert_eq!(job.rows("t"), "(1,x,{},1) (2,x,{},8) (3,x,,6)");
    let reject = job.work.read("rejects/job.jsonl");
    says(&reject, &[r#""row":3,"column":"b""#, "null value in column", r#""values":["4",null,null,"4"]"#]);
}

#[test]
fn rejects_are_put_aside_whoever_finds_them() {
    // A type without an encoder: the server finds out in the COPY.
    let job = Job::new(
        "CREATE TABLE t (id int, m money, n int CHECK (n < 10)); CREATE TABLE u (id int, v varchar(2))",
    );
    let rows = [
        r#"[1, "$1", 1]"#,
        r#"["x", "$1", 1]"#,
        r#"[3, "dear", 1]"#,
        r#"[4, "$1", 11]"#,
        r#"[5, "$1"]"#,
        r#"[6, null, null]"#,
    ];
    let into = "{table: t, mode: append}";
    let error = job.load(into, &[&rows[..4]], "0").unwrap_err().to_string();
    says(&error, &["request 1, row 2, column id: invalid input syntax for type integer"]);
    let error = job.load(into, &[&rows], "3").unwrap_err().to_string();
    says(
        &error,
        &[
            "request 1, row 5: row has 2 values for 3 columns: nothing for column n; with this row, 4 rows cannot",
        ],
    );
    assert_eq!(job.rows("t"), "");
    job.load(into, &[&rows], "4").unwrap();
    assert_eq!(job.db.one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t"), "1 6");
    let lines = job.work.read("rejects/job.jsonl");
    let of = |key: &str| -> Vec<String> {
        lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[key].to_string())
            .collect()
    };
    assert_eq!(of("row"), ["2", "3", "4", "5"]);
    assert_eq!(of("column"), [r#""id""#, r#""m""#, "null", "null"]);
    // Types with encoders: only what no encoder knows comes to the server, before the COPY.
    job.load("{table: u, mode: append}", &[&[r#"[1, "ab"]"#, r#"[2, "abc"]"#, r#"["3x", "a"]"#]], "9")
        .unwrap();
    assert_eq!(job.rows("u"), "(1,ab)");
    let nul = job.load("{table: u, mode: append}", &[&[r#"[1, "a\u0000"]"#]], "0").unwrap_err().to_string();
    says(&nul, &["request 1, row 1, column v: ", "NUL"]);
}

#[test]
fn tables_are_created_where_types_are_known() {
    let job = Job::new("CREATE SCHEMA \"S 1\"");
    let columns = "columns: {id: int, note: varchar(5)}";
    assert_eq!(
        job.load(&format!("{{table: S 1.new, mode: replace, {columns}}}"), &[&["[1, null]"]], "0").unwrap(),
        1
    );
    job.load(&format!("{{table: S 1.up, mode: upsert, key: [id], {columns}}}"), &[&["[1, null]"]], "0")
        .unwrap();
    job.load(&format!("{{table: plain, mode: append, {columns}}}"), &[&["[1, \"a\"]"]], "0").unwrap();
    for table in ["\"S 1\".new", "\"S 1\".up"] {
        assert_eq!(job.rows(table), "(1,)");
    }
    assert_eq!(job.rows("public.plain"), "(1,a)");
    let error = job.refused("{table: none, mode: replace, columns: [a]}");
    says(&error, &["table none: does not exist, and the types", "write into.columns as a map"]);
}

#[test]
fn what_cannot_take_the_rows_is_refused_beforehand() {
    let job = Job::new(
        "CREATE TABLE t (id int, g int GENERATED ALWAYS AS (id + 1) STORED, n int); CREATE INDEX ON t (id); \
         CREATE UNIQUE INDEX ON t (n) WHERE n > 0; CREATE UNIQUE INDEX ON t (id, n); CREATE VIEW v AS SELECT 1 AS id",
    );
    for (into, texts) in [
        ("{table: v, mode: append}", vec!["table v: is a view, which takes no rows"]),
        ("{table: t, mode: append, columns: [x, g]}", vec!["x is missing, g is generated", "id, g, n"]),
        (
            "{table: t, mode: upsert, key: [id]}",
            vec!["no unique index on exactly (\"id\")", "CREATE UNIQUE INDEX ON"],
        ),
        ("{table: t, mode: upsert, key: [n]}", vec!["no unique index on exactly (\"n\")"]),
        ("{table: t, mode: upsert, key: [z]}", vec!["into.key: z is none of the columns"]),
        ("{table: new, mode: append, columns: {a: nonsense}}", vec!["column a: ", "nonsense"]),
    ] {
        says(&job.refused(into), &texts);
    }
    job.find("{table: t, mode: upsert, key: [n, id]}").unwrap();
    assert!(RejectLimit::NONE == "0".parse().unwrap());
}

#[test]
fn what_an_interrupted_run_has_left_can_be_gone_on_with() {
    let job = Job::new("CREATE TABLE t (id int)");
    let find = || job.find("{table: t, mode: replace}").unwrap();
    let (target, mut client, rejects) = (find(), job.connect(), job.rejects("0"));
    assert!(target.leftover_stage(&mut client).unwrap().is_none());
    let connect = || Ok(job.connect());
    let copy = |stage: &pghaul::table::into::Stage, row: &str, client: &mut Client| {
        let mut transaction = client.transaction().unwrap();
        let mut copy = ValueCopy::new(target.columns(), stage.table(), &connect);
        copy.copy(&mut transaction, &batch(&target, 1, &[row]), &rejects).unwrap();
        transaction.commit().unwrap();
    };
    let stage = target.stage(&mut client, Durability::Always).unwrap();
    copy(&stage, "[1]", &mut client);
    let stage = find().leftover_stage(&mut client).unwrap().unwrap();
    copy(&stage, "[2]", &mut client);
    let mut transaction = client.transaction().unwrap();
    target.publish(&stage, &mut transaction).unwrap();
    transaction.commit().unwrap();
    assert_eq!(job.rows("t"), "(1) (2)");
    target.stage(&mut client, Durability::Always).unwrap();
    job.db.execute("ALTER TABLE t ADD COLUMN n int");
    assert!(find().leftover_stage(&mut client).unwrap().is_none());
}
