//! A part of a table: some of its rows, some of its columns, under other names.

use crate::sides::{BY_U, Sides, numbered};
use pghaul_test_support::pghaul;

#[test]
fn only_rows_of_the_condition_are_synced() {
    let sides = Sides::new(&numbered(30_000), &BY_U);
    // A condition may be anything that the server takes, a comment at its end too.
    let even = ["--where", "id % 2 = 0 OR t.v = 'always' -- even"];
    let same = |condition: &str| {
        let sql = "SELECT count(*), sum(hashtext(t::text)) FROM t";
        assert_eq!(
            sides.source.rows(&format!("{sql} WHERE {condition}")),
            sides.destination.rows(sql),
            "{condition}"
        );
    };
    sides.synced(&[&even[..], &["--verify"]].concat()).assert_stdout_has("15,000 rows are the same");
    same("id % 2 = 0");
    sides.source.execute(
        "UPDATE t SET v = 'always', u = u + 100000 WHERE id <= 9; UPDATE t SET id = id + 100001, u = u + 200000 WHERE id = 20; \
         INSERT INTO t VALUES (50001, 'odd', 300000), (50002, 'even', 300000)",
    );
    sides.synced(&even).assert_stdout_has("10 rows read, 10 changed");
    // What has left the condition is found as what was deleted is.
    assert_eq!(sides.destination.one("SELECT count(*) FROM t WHERE id = 20"), "1");
    sides.synced(&[&even[..], &["--deletes", "--verify"]].concat()).assert_stdout_has("1 gone");
    same("id % 2 = 0 OR v = 'always'");
    // Another condition.
    sides.synced(&["--where", "id < 1000"]).assert_stderr_has("other rows or columns are asked for now");
    sides
        .synced(&["--where", "id < 1000", "--deletes", "--max-deletes", "100%", "--verify"])
        .assert_never_says("asked for");
    same("id < 1000");
    sides.synced(&["--verify"]).assert_stderr_has("other rows or columns are asked for now");
    same("true");
}

#[test]
fn columns_are_chosen_and_have_other_names() {
    let create = "CREATE TABLE t (id int, kind text COLLATE \"C\", secret text, v text DEFAULT 'x', \"U p\" timestamptz NOT NULL, \
                  double int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (kind, id)); CREATE INDEX ON t (\"U p\"); \
                  CREATE INDEX ON t (secret); CREATE INDEX of_v ON t (v); \
                  INSERT INTO t SELECT i, 'k' || i % 3, 's', 'v' || i, now() - i * interval '1 s' FROM generate_series(1, 20000) i; ANALYZE t";
    for more in [&["--cursor", "U p"][..], &["--mode", "full"]] {
        let sides = Sides::new(create, &[&["--table", "t", "--to-table", "target"][..], more].concat());
        let part = ["--columns", "id,kind,v,U p,double", "--map", "kind=Sort,U p=changed_at,double=twice"];
        let same = || {
            assert_eq!(
                sides.source.rows("SELECT id, kind, v, \"U p\", double FROM t ORDER BY kind, id"),
                sides
                    .destination
                    .rows("SELECT id, \"Sort\", v, changed_at, twice FROM target ORDER BY \"Sort\", id")
            );
        };
        sides.synced(&[&part[..], &["--verify"]].concat()).assert_stdout_has("20,000 rows are the same");
        same();
        let keys = "SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid::regclass::text) FROM pg_index \
                    WHERE indrelid = 'target'::regclass";
        let keys = sides.destination.one(keys);
        assert!(
            keys.contains("btree (\"Sort\", id)") && keys.contains("of_v") && !keys.contains("secret"),
            "{keys}"
        );
        sides.source.execute(
            "UPDATE t SET v = 'new', secret = 'other', \"U p\" = now() WHERE id <= 7; DELETE FROM t WHERE id = 11; \
             INSERT INTO t (id, kind, \"U p\") VALUES (0, 'k9', now())",
        );
        sides.synced(&[&part[..], &["--deletes", "--verify"]].concat());
        same();
        sides
            .destination
            .execute("UPDATE target SET v = 'by hand' WHERE id = 500; DELETE FROM target WHERE id = 600");
        sides.synced(&[&part[..], &["--verify", "--repair"]].concat());
        same();
    }
}

#[test]
fn parts_that_cannot_be_are_refused() {
    let sides = Sides::new(&numbered(10), &BY_U);
    for (flags, says) in [
        (&["--where", "no_such = 1"][..], "column \"no_such\" does not exist"),
        (&["--where", "id = 1) x (true"], "correct --where"),
        (&["--where", "id ="], "--from, table \"public\".\"t\": syntax error"),
        (&["--columns", "id,u,w"], "has no column w; correct --columns"),
        (&["--columns", "id,v"], "has no column u"),
        (&["--map", "w=x"], "has no column w; correct --map"),
        (&["--map", "v"], "write old=new"),
        (&["--map", "v=xmin"], "PostgreSQL's own columns"),
        (&["--map", "v=u"], "two columns would have one name"),
        (&["--columns", "id,u", "--map", "v=x"], "column v is renamed, but not chosen"),
        (&["--columns", "v,u"], "has no primary key"),
    ] {
        sides.once(flags).assert_code(2).assert_stderr_has(says);
    }
    let schema = ["--schema", "public", "--where", "true"];
    let (from, to) = (sides.source.url(), sides.destination.url());
    let run = pghaul!(sides.work).args(["sync", "once", "--from", &from, "--to", &to]).args(schema).run();
    run.assert_code(2).assert_stderr_has("--where is for one table");
}
