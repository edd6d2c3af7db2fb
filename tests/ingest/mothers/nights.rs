//! A mother does not depend on the order in which its versions arrive, nor on the nights in which they do.
//!
//! `PROPTEST_CASES=500` for a long run.

use pghaul_test_support::{Case, case};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const CASES: u32 = 12;
const VERSIONS: usize = 3;
const COLUMNS: usize = 4;

/// Types in a source database that have something in common, each with a value.
const FAMILIES: [&[(&str, &str)]; 4] = [
    &[
        ("smallint", "7"),
        ("int", "70000"),
        ("bigint", "3000000000"),
        ("decimal(6,2)", "1.25"),
        ("decimal(8,6)", "1.5"),
        ("float", "0.123456789"),
        ("double", "0.30000000000000004"),
    ],
    &[("date", "2024-01-31"), ("datetime(0)", "2024-01-31 08:30:00"), ("datetime", "2024-01-31 08:30:00.25")],
    &[("varchar(5)", "abc"), ("char(3)", "x"), ("varchar(30)", "a longer text"), ("longtext", "text")],
    &[
        ("tinyint(1)", "1"),
        ("smallint", "007"),
        ("json", "{\"a\": 1}"),
        ("date", "20240131"),
        ("longtext", "text"),
    ],
];

/// The versions' columns, and the nights in which they arrive.
#[derive(Debug, Clone)]
struct Arrival {
    /// For each column, the family and the member of it that each version has.
    columns: Vec<(usize, [usize; VERSIONS])>,
    order: Vec<usize>,
    /// Whether a night ends with each version; it does with the last.
    ends: [bool; VERSIONS],
}

fn arrivals() -> impl Strategy<Value = Arrival> {
    let column = (0..FAMILIES.len(), prop::array::uniform3(0..100_usize));
    let order = Just((0..VERSIONS).collect::<Vec<_>>()).prop_shuffle();
    (prop::collection::vec(column, COLUMNS), order, any::<[bool; VERSIONS]>())
        .prop_map(|(columns, order, ends)| Arrival { columns, order, ends })
}

impl Arrival {
    fn dump(&self, case: &Case, version: usize) {
        let members = self.columns.iter().map(|(family, members)| {
            let family = FAMILIES[*family];
            family[members[version] % family.len()]
        });
        let (kinds, values): (Vec<&str>, Vec<&str>) = members.unzip();
        let columns: Vec<String> =
            kinds.iter().enumerate().map(|(number, kind)| format!("c{number}:{kind}")).collect();
        case.dump(
            &format!("crm_v{version}"),
            &[("t", &columns.join(" "), &format!("{}\n", values.join("|")))],
        );
    }
}

/// The mother's columns, and all its rows. Digits of a `numeric` that are 0 do not count.
fn mother(case: &Case) -> (String, Vec<Vec<Option<String>>>) {
    let values = "SELECT string_agg(CASE WHEN atttypid = 'numeric'::regtype THEN format('trim_scale(%I)', attname) \
                  ELSE quote_ident(attname) END, ', ' ORDER BY attnum) \
                  FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0";
    let sql = format!("SELECT tableoid::regclass::text, {} FROM t ORDER BY 1", case.db.one(values));
    (case.columns("t"), case.db.rows(&sql))
}

#[test]
fn a_mother_is_the_same_whatever_the_order_and_the_nights_in_which_versions_arrive() {
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&arrivals(), |arrival| {
        let together = case!();
        (0..VERSIONS).for_each(|version| arrival.dump(&together, version));
        together.load("");
        let nightly = case!();
        for (place, version) in arrival.order.iter().enumerate() {
            arrival.dump(&nightly, *version);
            if arrival.ends[place] || place + 1 == VERSIONS {
                nightly.load("--mothers widen");
            }
        }
        let (together, nightly) = (mother(&together), mother(&nightly));
        prop_assert_eq!(&together.1.len(), &VERSIONS);
        prop_assert_eq!(together, nightly);
        Ok(())
    });
    if let Err(difference) = result {
        panic!("{difference}");
    }
}
