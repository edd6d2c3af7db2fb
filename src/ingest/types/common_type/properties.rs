//! What must hold for all types.

use super::{common_type, holds, is_exact, rewrites, without_limit};
use crate::pg::type_name::TypeName;
use proptest::prelude::*;

/// Names as the server spells them, of every kind.
fn types() -> impl Strategy<Value = TypeName> {
    let fixed = [
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "date",
        "text",
        "json",
        "jsonb",
        "boolean",
        "uuid",
        "bytea",
        "interval",
        "interval(3)",
        "interval year to month",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
        "character varying",
        "bit varying",
        "integer[]",
        "shop.mood",
    ];
    let digits = prop_oneof![1..40_i32, 990..1001_i32];
    let numeric =
        (digits, 0..40_i32).prop_map(|(digits, behind)| format!("numeric({digits},{})", behind.min(digits)));
    let of_a_length =
        (prop::sample::select(vec!["character", "character varying", "bit", "bit varying"]), 1..100)
            .prop_map(|(words, length)| format!("{words}({length})"));
    let of_a_fraction = (
        prop::sample::select(vec!["timestamp", "time"]),
        0..7,
        prop::sample::select(vec!["with", "without"]),
    );
    let of_a_fraction =
        of_a_fraction.prop_map(|(word, digits, zone)| format!("{word}({digits}) {zone} time zone"));
    let fixed = prop::sample::select(fixed.to_vec()).prop_map(str::to_owned);
    prop_oneof![2 => fixed, 1 => numeric, 1 => of_a_length, 1 => of_a_fraction]
        .prop_map(TypeName::from_server)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn it_holds_both_and_does_not_depend_on_order(a in types(), b in types(), c in types()) {
        let ab = common_type(&a, &b);
        prop_assert_eq!(&ab, &common_type(&b, &a));
        prop_assert_eq!(&common_type(&a, &a), &a);
        prop_assert_eq!(&common_type(&ab, &a), &ab);
        prop_assert_eq!(common_type(&ab, &c), common_type(&a, &common_type(&b, &c)));
        prop_assert!(holds(&ab, &a) && holds(&ab, &b));
        prop_assert!(holds(&common_type(&ab, &c), &ab));
    }

    #[test]
    fn the_order_and_the_nights_in_which_versions_arrive_do_not_matter(
        (types, shuffled) in prop::collection::vec(types(), 1..7)
            .prop_flat_map(|types| (Just(types.clone()), Just(types).prop_shuffle())),
        nights in prop::collection::vec(1..4_usize, 7),
    ) {
        let together = types.iter().skip(1).fold(types[0].clone(), |wide, next| common_type(&wide, next));
        let mut mother: Option<TypeName> = None;
        let mut rest = shuffled.as_slice();
        for versions in nights {
            let (night, later) = rest.split_at(versions.min(rest.len()));
            rest = later;
            // Each night knows the mother, and its own versions.
            let of_night = night.iter().cloned().reduce(|wide, next| common_type(&wide, &next));
            mother = match (mother, of_night) {
                (Some(mother), Some(of_night)) => Some(common_type(&of_night, &mother)),
                (mother, of_night) => mother.or(of_night),
            };
        }
        prop_assert_eq!(mother, Some(together));
    }

    #[test]
    fn a_view_s_type_holds_all_and_is_not_changed_by_a_longer_one(a in types(), b in types()) {
        let open = without_limit(&common_type(&a, &b));
        prop_assert!(holds(&open, &a) && holds(&open, &b));
        prop_assert_eq!(&without_limit(&open), &open);
        prop_assert_eq!(without_limit(&common_type(&open, &a)), open);
    }

    #[test]
    fn what_is_changed_in_the_catalogue_alone_has_the_same_values(a in types(), b in types()) {
        let wide = common_type(&a, &b);
        prop_assert!(rewrites(&a, &wide) || is_exact(&a, &wide), "{} {}", a, wide);
    }

    #[test]
    fn what_holds_holds_what_that_holds(a in types(), b in types(), c in types()) {
        let (low, high) = (common_type(&a, &b), common_type(&common_type(&a, &b), &c));
        prop_assert!(holds(&low, &a) && holds(&high, &low) && holds(&high, &a));
    }
}
