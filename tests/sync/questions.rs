//! The questions after the sync: balances that are kept by triggers, and the indexes of `fixtures/sql`.

use crate::sides::Sides;
use pghaul_test_support::{Database, pghaul, repository};

const BALANCES: &str = include_str!("../../fixtures/sql/user_balance.sql");
const INDEXES: &str = include_str!("../../fixtures/sql/transaction_indexes.sql");

const TRANSACTIONS: &str = "CREATE TABLE transactions (id uuid PRIMARY KEY, user_id uuid NOT NULL, amount numeric(18,2) NOT NULL, \
     status text NOT NULL, created bigint NOT NULL, certified_by_user bigint, updated bigint NOT NULL); \
     CREATE INDEX transactions_updated_idx ON transactions (updated)";

fn some(first: u32, last: u32) -> String {
    format!(
        "INSERT INTO transactions SELECT md5('t' || i)::uuid, md5('u' || i % 50)::uuid, (i % 700 - 300) / 7.0, \
         CASE WHEN i % 40 = 0 THEN 'BLOCKED' ELSE 'DONE' END, 1534000000000 + i::bigint * 1000, \
         CASE WHEN i % 5 > 0 THEN 1534000500000 + i::bigint * 1000 END, {first} + i FROM generate_series({first}, {last}) i"
    )
}

/// What is kept is what would be computed now.
#[track_caller]
fn assert_right(database: &Database<'_>, after: &str) {
    let kept = database.rows("SELECT user_id, balance, counted FROM user_balance ORDER BY 1");
    let computed = database.rows(
        "SELECT user_id, sum(amount)::numeric(18,2), count(*) FROM transactions \
         WHERE certified_by_user IS NOT NULL AND status <> 'BLOCKED' GROUP BY 1 ORDER BY 1",
    );
    assert_eq!(kept, computed, "after {after}");
}

#[test]
fn balances_are_right_after_every_kind_of_change() {
    let sides = Sides::new(TRANSACTIONS, &["--table", "transactions", "--cursor", "updated"]);
    sides.source.execute(&some(1, 2000));
    sides.synced(&[]);
    let there = &sides.destination;
    there.execute(BALANCES);
    assert_right(there, "the computation");
    let one = "id = md5('t' || 41)::uuid";
    for change in [
        format!("UPDATE transactions SET amount = amount + 10.25 WHERE {one}"),
        format!("UPDATE transactions SET status = 'BLOCKED' WHERE {one}"),
        format!("UPDATE transactions SET amount = 7 WHERE {one}"),
        format!("UPDATE transactions SET status = 'DONE' WHERE {one}"),
        format!("UPDATE transactions SET certified_by_user = NULL WHERE {one}"),
        format!("UPDATE transactions SET certified_by_user = 1 WHERE {one}"),
        format!("UPDATE transactions SET user_id = md5('another')::uuid WHERE {one}"),
        format!("UPDATE transactions SET user_id = md5('third')::uuid, amount = -amount, status = 'BLOCKED' WHERE {one}"),
        format!("DELETE FROM transactions WHERE {one}"),
        some(2001, 2100),
        "UPDATE transactions SET amount = amount * 2, status = CASE status WHEN 'DONE' THEN 'BLOCKED' ELSE 'DONE' END".to_owned(),
        "UPDATE transactions SET user_id = md5('u' || (updated + 1) % 50)::uuid".to_owned(),
        "DELETE FROM transactions WHERE updated % 3 = 0".to_owned(),
        "UPDATE transactions SET amount = amount WHERE false".to_owned(),
    ] {
        there.execute(&change);
        assert_right(there, &change);
    }
    there.execute(BALANCES);
    assert_right(there, "another computation");
    there.execute("TRUNCATE transactions");
    assert_right(there, "TRUNCATE");
}

#[test]
fn balances_are_right_after_passes() {
    let sides = Sides::new(TRANSACTIONS, &["--table", "transactions", "--cursor", "updated"]);
    sides.source.execute(&some(1, 2000));
    sides.synced(&[]);
    sides.destination.execute(BALANCES);
    sides.source.execute(&format!(
        "UPDATE transactions SET amount = amount + 1, updated = 10000 + updated WHERE updated % 7 = 0; \
         UPDATE transactions SET status = 'BLOCKED', updated = 20000 + updated WHERE updated % 11 = 0; \
         UPDATE transactions SET status = 'DONE', updated = 30000 + updated WHERE updated % 13 = 0; \
         DELETE FROM transactions WHERE updated % 17 = 0; {}",
        some(5000, 5500)
    ));
    sides.synced(&["--deletes", "--verify"]);
    assert_right(&sides.destination, "a pass");
    let balances = "SELECT user_id, sum(amount)::numeric(18,2) FROM transactions \
                    WHERE certified_by_user IS NOT NULL AND status <> 'BLOCKED' GROUP BY 1 ORDER BY 1";
    assert_eq!(
        sides.destination.rows("SELECT user_id, balance FROM user_balance ORDER BY 1"),
        sides.source.rows(balances)
    );
}

#[test]
fn the_demo_s_job_makes_indexes_and_balances_after_each_sync() {
    let sides = Sides::new(TRANSACTIONS, &[]);
    sides.source.execute(&some(1, 500));
    let config = repository().join("fixtures/sync/config.yml");
    let job = || {
        pghaul!(sides.work)
            .args(["--config", config.to_str().unwrap(), "sync", "once", "transactions", "--verify"])
            .env("DEMO_SHOP", sides.source.url())
            .env("DEMO_COPY", sides.destination.url())
            .env("TRANSACTION_INDEXES", INDEXES)
            .env("USER_BALANCE", BALANCES)
            .run()
    };
    job().assert_code(0);
    let indexes =
        "SELECT count(*) FROM pg_indexes WHERE tablename = 'transactions' AND indexname LIKE '%blocked%'";
    assert_eq!(sides.destination.one(indexes), "1");
    assert_right(&sides.destination, "the first sync");
    sides.source.execute(
        "UPDATE transactions SET amount = amount + 1, updated = 10000 + updated WHERE updated % 7 = 0; \
         DELETE FROM transactions WHERE updated % 17 = 0",
    );
    job().assert_code(0);
    assert_right(&sides.destination, "the second");
}

#[test]
fn the_questions_use_the_indexes() {
    assert!(repository().join("fixtures/sql/transaction_indexes.sql").is_file());
    let sides = Sides::new(TRANSACTIONS, &["--table", "transactions", "--cursor", "updated"]);
    sides.source.execute(&some(1, 60_000));
    sides.synced(&[]);
    sides.destination.execute(INDEXES);
    let user = "user_id = md5('u7')::uuid";
    for (index, question) in [
        ("transactions_blocked_idx", "SELECT count(*) FROM transactions WHERE status = 'BLOCKED'".to_owned()),
        (
            "transactions_user_certified_idx",
            format!(
                "SELECT * FROM transactions WHERE {user} AND certified_by_user IS NOT NULL ORDER BY certified_by_user DESC LIMIT 10"
            ),
        ),
        (
            "transactions_certified_brin",
            "SELECT * FROM transactions WHERE certified_by_user BETWEEN 1534010000000 AND 1534010500000 AND abs(amount) >= 40 \
             AND (certified_by_user - created) / 1000 * '1 second'::interval > interval '8 minutes'"
                .to_owned(),
        ),
    ] {
        let plan: Vec<String> =
            sides.destination.rows(&format!("EXPLAIN {question}")).into_iter().filter_map(|row| row[0].clone()).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Sort"), "{question}\n{plan}");
    }
}
