//! Types that hold all values of others: what `--evolve` makes of a destination's column when the source's has got another type.

use crate::pg::type_name::without_modifier;

/// The decimal digits of integers.
const INTEGERS: [(&str, u32); 3] = [("smallint", 5), ("integer", 10), ("bigint", 19)];

/// Whether the type `to` holds every value of the type `from`; both as `format_type` writes them.
pub fn widens(from: &str, to: &str) -> bool {
    if to == "text" {
        return true;
    }
    let ((from, from_size), (to, to_size)) = (parts(from), parts(to));
    let digits = |name: &str| INTEGERS.iter().find(|(known, _)| *known == name).map(|(_, digits)| *digits);
    match (from.as_str(), to.as_str()) {
        ("numeric", "numeric") => holds(&from_size, &to_size),
        (integer, "numeric") if digits(integer).is_some() => {
            holds(&[digits(integer).unwrap_or_default(), 0], &to_size)
        }
        (one, other) if digits(one).is_some() => digits(one) < digits(other),
        ("real", "double precision") => true,
        ("character" | "character varying", "character varying") => is_longer(&from_size, &to_size),
        ("date", "timestamp without time zone" | "timestamp with time zone") => true,
        (one, other) if one == other => is_longer(&from_size, &to_size),
        _ => false,
    }
}

/// The name of a type, and the numbers in its brackets.
fn parts(type_name: &str) -> (String, Vec<u32>) {
    let (name, modifier) = without_modifier(type_name);
    let numbers = modifier.map_or("", |modifier| modifier.trim_matches(['(', ')']));
    (name, numbers.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

/// Whether a length or a precision is at least as great; without one, there is no limit.
fn is_longer(from: &[u32], to: &[u32]) -> bool {
    match (from, to) {
        (_, []) => true,
        ([from], [to]) => from < to,
        _ => false,
    }
}

/// Whether a `numeric` of a precision and a scale holds all values of another one.
fn holds(from: &[u32], to: &[u32]) -> bool {
    match (from, to) {
        (_, []) => true,
        ([precision, scale], [to_precision, to_scale]) => {
            scale <= to_scale && precision.saturating_sub(*scale) <= to_precision.saturating_sub(*to_scale)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_types_are_told_from_others() {
        for (from, to) in [
            ("smallint", "bigint"),
            ("integer", "numeric"),
            ("integer", "numeric(12,2)"),
            ("real", "double precision"),
            ("character varying(10)", "character varying(20)"),
            ("character varying(10)", "character varying"),
            ("character(3)", "character varying(4)"),
            ("character(3)", "character(4)"),
            ("numeric(10,2)", "numeric(12,4)"),
            ("numeric(10,2)", "numeric"),
            ("date", "timestamp(3) without time zone"),
            ("timestamp(0) with time zone", "timestamp with time zone"),
            ("time(0) without time zone", "time(3) without time zone"),
            ("jsonb", "text"),
        ] {
            assert!(widens(from, to), "{from} → {to}");
            assert!(to == "text" || !widens(to, from), "{to} → {from}");
        }
        for (from, to) in [
            ("integer", "real"),
            ("integer", "numeric(10,2)"),
            ("numeric(10,2)", "numeric(11,4)"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("json", "jsonb"),
            ("text", "character varying"),
            ("uuid", "bytea"),
        ] {
            assert!(!widens(from, to), "{from} → {to}");
        }
    }
}
