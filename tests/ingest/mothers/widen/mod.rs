//! `--mothers widen`: a mother gets wider types before the load, with all that is in it and on it.

mod at_once;
mod tables;

use pghaul_test_support::{Case, case};

const WIDEN: &str = "--mothers widen";
const V1: &str = "id:int total:decimal(10,2) placed:date name:varchar(20)";
const V2: &str = "id:bigint total:decimal(12,4) placed:datetime name:varchar(40)";
const WIDE: &str =
    "id bigint, total numeric(12,4), placed timestamp without time zone, name character varying(40)";
const NARROW: &str = "id integer, total numeric(10,2), placed date, name character varying(20)";
const ROW_1: &str = "1|9.50|2024-01-31|Ann\n";
const ROW_2: &str = "3000000000|10.2555|2024-02-01 08:30:00|Bob\n";
const ROWS: &str = "SELECT string_agg(concat_ws(' ', id, total, placed, name), ', ' ORDER BY id) FROM orders";

/// One version, loaded, and a second one that is wider.
fn loaded(config: &str) -> Case {
    let case = case!();
    case.config(config);
    case.dump("lms_v1", &[("orders", V1, ROW_1)]);
    case.load("");
    case.dump("lms_v2", &[("orders", V2, ROW_2)]);
    case
}

#[test]
fn the_next_day_s_wider_version_widens_the_mother_and_loads_nothing_again() {
    let case = loaded("");
    case.db.execute(
        "CREATE INDEX mine ON v1_orders (id); COMMENT ON COLUMN orders.id IS 'key'; GRANT SELECT ON orders TO PUBLIC; \
         ALTER TABLE orders ADD CONSTRAINT positive CHECK (id > 0)",
    );
    // The constraint makes the version be loaded again by itself.
    std::fs::remove_file(case.dump_path("lms_v2")).unwrap();
    case.load("--force");
    case.dump("lms_v2", &[("orders", V2, ROW_2)]);
    let before = case.db.one("SELECT l::text FROM pghaul.loads l WHERE unit = 'v1_orders'");
    let plan = case.plan_with(WIDEN);
    let kib = case.db.one("SELECT pg_table_size('v1_orders') / 1024 || '.0 KiB'");
    let rewritten = format!("--   rewritten: orders (0 B), v1_orders ({kib})\n");
    for line in [
        "-- unchanged v1_orders from",
        "--   widened: id from integer to bigint, total from numeric(10,2) to numeric(12,4), ",
        &rewritten,
        "ALTER TABLE \"public\".\"orders\" ALTER COLUMN \"id\" TYPE bigint, ALTER COLUMN \"total\" TYPE numeric(12,4), ",
    ] {
        assert!(plan.stdout.contains(line), "{line}: {}", plan.stdout);
    }
    assert_eq!(case.columns("orders"), NARROW);
    let outcome = case.ends_with(0, &format!("{WIDEN} --verify"));
    assert_eq!(outcome.statuses()["v1_orders"], "unchanged");
    assert_eq!(outcome.statuses()["v2_orders"], "loaded");
    outcome.run.assert_stderr_has(&format!(
        "widening mother table orders: id from integer to bigint, total from numeric(10,2) to numeric(12,4), \
         placed from date to timestamp without time zone, name from character varying(20) to character varying(40); \
         PostgreSQL rewrites it and 1 version table ({kib}), and readers wait for that"
    ));
    for table in ["orders", "v1_orders", "v2_orders"] {
        assert_eq!(case.columns(table), WIDE, "{table}");
    }
    assert_eq!(
        case.db.one(ROWS),
        "1 9.5000 2024-01-31 00:00:00 Ann, 3000000000 10.2555 2024-02-01 08:30:00 Bob"
    );
    let after = case.db.one("SELECT l::text FROM pghaul.loads l WHERE unit = 'v1_orders'");
    assert_ne!(after, before, "the fingerprint has the new types");
    assert_eq!(
        case.db.one(
            "SELECT concat_ws(' ', col_description('orders'::regclass, 1), to_regclass('mine'), \
                    has_table_privilege('public', 'orders', 'SELECT'), \
                    (SELECT count(*) FROM pg_stats WHERE tablename = 'v1_orders' AND attname = 'id'))"
        ),
        "key mine t 1"
    );
    for args in ["", WIDEN] {
        let run = case.ends_with(0, args);
        assert!(run.statuses().values().all(|status| status == "unchanged"), "{:?}", run.statuses());
        assert!(!run.run.stderr.contains("widen"), "{}", run.run.stderr);
    }
}

#[test]
fn without_it_each_wider_version_is_named_with_both_ways_out() {
    let case = loaded("");
    case.dump("lms_v3", &[("orders", V2, "")]);
    case.dump("lms_v4", &[("orders", "id:int total:real placed:date name:varchar(20)", "")]);
    for number in 5..8 {
        case.dump(&format!("lms_v{number}"), &[("orders", V2, "")]);
    }
    let expected = "table orders, column total: is numeric(10,2), which does not hold all of numeric(12,4) (decimal(12,4) of \
                    v2_orders, v3_orders, v5_orders and 2 more), real (real of v4_orders); values that fit are loaded, others \
                    are refused; run with --mothers widen, which alters the mother, or --mothers recreate, which loads all \
                    versions again";
    assert!(case.plan().stdout.contains(&format!("-- {expected}\n")), "{}", case.plan().stdout);
    let run = case.ends_with(1, "").run;
    run.assert_stderr_has(&format!("warning: {expected}\n"));
    run.assert_stderr_has(
        "table orders, column id: is integer, which does not hold all of bigint (bigint of v2_orders,",
    );
    assert_eq!(case.columns("orders"), NARROW);
    case.load(WIDEN);
    assert!(!case.ends_with(0, "--force").run.stderr.contains("does not hold"));
}

#[test]
fn values_that_fit_are_loaded_and_then_the_version_is_loaded_again() {
    let case = loaded("");
    case.dump(
        "lms_v2",
        &[("orders", V2, "2|7.5000|2024-02-01|Cid\n3|8.5000|2024-02-01|A name of 25 characters.\n")],
    );
    case.ends_with(3, "--max-rejects 1");
    assert_eq!(case.db.one("SELECT count(*) FROM orders"), "2");
    // What was rejected fits by now.
    let statuses = case.load(WIDEN);
    assert_eq!((statuses["v1_orders"].as_str(), statuses["v2_orders"].as_str()), ("unchanged", "loaded"));
    assert_eq!(case.db.one("SELECT count(*) FROM orders"), "3");
}

#[test]
fn a_type_that_forgets_how_values_were_written_has_its_versions_loaded_again() {
    let case = case!();
    let columns = |flag: &str| format!("flag:{flag} share:real");
    case.dump("lms_v1", &[("orders", &columns("bit"), "1|0.1\n")]);
    case.dump("lms_v2", &[("orders", &columns("bit"), "0|0.123456789\n")]);
    case.load("");
    // It has gone to the archive.
    std::fs::remove_file(case.dump_path("lms_v2")).unwrap();
    case.dump("lms_v3", &[("orders", "flag:varchar(5) share:float", "maybe|0.2\n")]);
    let statuses = case.load(WIDEN);
    assert_eq!(statuses.values().collect::<Vec<_>>(), ["loaded", "loaded"]);
    assert_eq!(case.columns("orders"), "flag text, share double precision");
    assert_eq!(
        case.db.one(
            "SELECT string_agg(flag || ' ' || share, ', ' ORDER BY tableoid::regclass::text) FROM orders"
        ),
        "1 0.1, false 0.12345679, maybe 0.2",
        "what PostgreSQL makes of a row whose dump is gone"
    );
}

#[test]
fn a_declared_mother_is_widened_to_what_is_declared() {
    let case = loaded("mother_tables: {orders: {id: int, total: 'numeric(10,2)'}}");
    case.dump("lms_v2", &[("orders", V2, &ROW_2.replace("10.2555", "10.2500"))]);
    case.config("mother_tables: {orders: {id: bigint, total: 'numeric(10,2)'}}");
    let refused = case.ends_with(2, "").run;
    refused.assert_stderr_has(
        "is integer in the database, but mother_tables says bigint; change mother_tables, or alter the mother with --mothers widen",
    );
    let run = case.ends_with(0, WIDEN).run;
    run.assert_stderr_has(
        "table orders, column total: is numeric(10,2), which does not hold all of numeric(12,4) (decimal(12,4) of v2_orders)",
    );
    run.assert_stderr_has("; let mother_tables say numeric(12,4), and run with --mothers widen");
    assert_eq!(case.columns("orders"), "id bigint, total numeric(10,2)");
    case.config("mother_tables: {orders: {id: int, total: 'numeric(12,4)'}}");
    case.ends_with(2, WIDEN).run.assert_stderr_has("or load everything again with --mothers recreate");
    case.config("mother_tables: {orders: {id: bigint, total: 'numeric(12,4)'}}");
    case.load(WIDEN);
    assert_eq!(case.db.one("SELECT string_agg(total::text, ' ' ORDER BY id) FROM orders"), "9.5000 10.2500");
}

#[test]
fn no_column_is_added() {
    let case = loaded("");
    case.dump("lms_v1", &[("orders", &format!("{V1} note:text"), &ROW_1.replace('\n', "|x\n"))]);
    case.dump("lms_v2", &[("orders", &format!("{V2} Note:text"), &ROW_2.replace('\n', "|x\n"))]);
    case.ends_with(0, WIDEN).run.assert_stderr_has(
        "table orders: lacks note, which all versions have; --mothers widen adds no column; --mothers recreate does",
    );
    assert_eq!(case.columns("orders"), WIDE);
}
