//! What is altered with a mother, and what is in the way.

use super::{NARROW, WIDE, WIDEN, loaded};
use pghaul_test_support::{Dump, ingest};

#[test]
fn the_plan_says_which_tables_postgresql_rewrites() {
    // A table for each pair, and whether it is written again.
    let pairs = [
        ("varchar(50)", "varchar(80)", false),
        ("varchar(50)", "longtext", false),
        ("decimal(10,2)", "decimal(12,2)", false),
        ("decimal(10,2)", "decimal(12,4)", true),
        ("decimal(10,2)", "numeric", false),
        ("datetime(0)", "datetime(3)", false),
        ("datetime(3)", "timestamp without time zone", false),
        ("time(0) without time zone", "time(3) without time zone", false),
        ("interval(3)", "interval", false),
        ("bit(4)", "bit(8)", true),
        ("bit varying(4)", "bit varying(8)", false),
        ("int", "bigint", true),
        ("int", "decimal(12,2)", true),
        ("smallint", "float", true),
        ("float", "double", true),
        ("date", "datetime", true),
        ("char(5)", "char(8)", true),
        ("char(5)", "varchar(8)", true),
        ("int", "varchar(20)", true),
        ("boolean", "longtext", true),
        ("uuid", "longtext", true),
    ];
    let ingest = ingest!();
    let name = |number: usize| format!("t{number:02}");
    let dump = |version: &str, second: bool| {
        let add = |dump: Dump, (number, pair): (usize, &(&str, &str, bool))| {
            dump.table(&name(number), &[("c", if second { pair.1 } else { pair.0 })], "c\n")
        };
        ingest.dump(version, &pairs.iter().enumerate().fold(Dump::new(), add));
    };
    dump("app_v1.zip", false);
    ingest.loads();
    dump("app_v2.zip", true);
    let plan = ingest.command().args(["--mothers", "widen", "--plan"]).run();
    plan.assert_code(0);
    let files = || {
        let sql =
            "SELECT relname::text, relfilenode::text FROM pg_class WHERE relname LIKE 'v1\\_t%' ORDER BY 1";
        ingest.db.rows(sql)
    };
    let before = files();
    // The second dump alone: nothing of the first is loaded again.
    std::fs::remove_file(ingest.work.join("dumps/app_v1.zip")).unwrap();
    ingest.command().args(["--mothers", "widen"]).run().assert_code(0);
    let after = files();
    for (number, (one, other, expected)) in pairs.into_iter().enumerate() {
        assert_eq!(before[number] != after[number], expected, "{one}, {other}: what PostgreSQL does");
        let what = if expected { "rewritten" } else { "changed in the catalogue alone" };
        let line = format!("--   {what}: {0} (0 B), v1_{0} (0 B)\n", name(number));
        assert!(plan.stdout.contains(&line), "{one}, {other}: {line}");
    }
}

#[test]
fn the_union_view_comes_along_with_what_is_on_it() {
    let case = loaded("views: true");
    case.db.execute(
        "GRANT SELECT ON orders_all TO PUBLIC; COMMENT ON COLUMN orders_all.id IS 'key'; \
         ALTER VIEW orders_all SET (security_barrier = true)",
    );
    let plan = case.plan_with(WIDEN);
    assert!(plan.stdout.contains(&format!("-- orders_all: version_table text, {WIDE}\n")), "{}", plan.stdout);
    assert!(!plan.stdout.contains("WILL FAIL"), "{}", plan.stdout);
    case.load(WIDEN);
    assert_eq!(case.columns("orders_all"), format!("version_table text, {WIDE}"));
    assert_eq!(
        case.db.one(
            "SELECT concat_ws(' ', (SELECT string_agg(version_table || ' ' || id, ', ' ORDER BY id) FROM orders_all), \
                    col_description(oid, 2), has_table_privilege('public', oid, 'SELECT'), reloptions) \
             FROM pg_class WHERE relname = 'orders_all'"
        ),
        "v1_orders 1, v2_orders 3000000000 key t {security_barrier=true}"
    );
    // A view that is kept current, though none is asked for.
    case.config("");
    case.dump(
        "lms_v3",
        &[("orders", "id:decimal(22,0) total:int placed:date name:text", "7|7|2024-02-03|Eve\n")],
    );
    case.load(WIDEN);
    assert_eq!(case.db.one("SELECT sum(id) FROM orders_all"), "3000000008");
    assert_eq!(case.columns("orders_all"), format!("version_table text, {}", case.columns("orders")));
}

#[test]
fn what_uses_the_columns_is_named_before_anything_changes() {
    for (by_hand, what) in [
        ("CREATE VIEW mine AS SELECT id FROM orders", "used by: view mine;"),
        ("CREATE VIEW mine AS SELECT id FROM v1_orders", "used by: view mine;"),
        ("CREATE VIEW mine AS SELECT version_table FROM orders_all", "which would break: view mine;"),
        (
            "CREATE MATERIALIZED VIEW mine AS SELECT sum(total) FROM orders",
            "used by: materialized view mine;",
        ),
        ("CREATE POLICY mine ON orders USING (id > 0)", "used by: policy mine on table orders;"),
        (
            "CREATE TRIGGER mine BEFORE UPDATE OF id ON v1_orders EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "used by: trigger mine on table v1_orders;",
        ),
        (
            "ALTER TABLE v1_orders ADD twice numeric GENERATED ALWAYS AS (total * 2) STORED",
            "used by: column twice of table v1_orders;",
        ),
        (
            "CREATE TABLE mine () INHERITS (orders)",
            "has the child table \"public\".\"mine\", which pghaul did not load",
        ),
        (
            "CREATE TABLE mine () INHERITS (v1_orders)",
            "has the child table \"public\".\"mine\", which pghaul did not load",
        ),
        (
            "DELETE FROM pghaul.mothers",
            "was not created by pghaul, which will not alter it; run ALTER TABLE \"public\".\"orders\" ALTER",
        ),
    ] {
        let case = loaded("views: true");
        case.db.execute(by_hand);
        let before = case.everything();
        let outcome = case.ends_with(2, WIDEN);
        outcome.run.assert_stderr_has("table orders: ").assert_stderr_has(what);
        assert_eq!(case.everything(), before, "{by_hand}");
        assert_eq!(case.columns("orders"), NARROW);
    }
}
