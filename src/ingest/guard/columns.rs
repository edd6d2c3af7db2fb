//! `columns: same`: the columns of the data file, against those of the last load.

use crate::ingest::plan::unit::Unit;
use serde_json::Value;
use std::collections::BTreeMap;

/// Columns with their types, by name.
type Columns = BTreeMap<String, String>;

/// Whether the unit's data file has the columns that it had when the fingerprint `before` was made, and what differs.
pub fn judge(unit: &Unit, before: Option<&Value>) -> (bool, String) {
    match before.and_then(of_fingerprint) {
        None => (true, "nothing to compare with".to_owned()),
        Some(before) => {
            let now = of_fingerprint(&unit.fingerprint).unwrap_or_default();
            let differences = differences(&before, &now);
            let found = if differences.is_empty() { "the same".to_owned() } else { differences.join(", ") };
            (differences.is_empty(), found)
        }
    }
}

/// The columns of a data file, which a fingerprint lists in their order, with the types that they have in the version table;
/// `None` for a fingerprint of another form.
fn of_fingerprint(fingerprint: &Value) -> Option<Columns> {
    let pairs = ["mother", "columns"].into_iter().filter_map(|key| fingerprint[key].as_array()).flatten();
    let types: BTreeMap<&str, &str> =
        pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?))).collect();
    let names = fingerprint["order"].as_array()?.iter().filter_map(Value::as_str);
    Some(
        names
            .map(|name| (name.to_owned(), types.get(name).copied().unwrap_or_default().to_owned()))
            .collect(),
    )
}

fn differences(before: &Columns, now: &Columns) -> Vec<String> {
    let names = |of: &Columns, besides: &Columns| -> Vec<String> {
        of.keys().filter(|name| !besides.contains_key(*name)).cloned().collect()
    };
    let (gone, new) = (names(before, now), names(now, before));
    let mut all = Vec::new();
    if !gone.is_empty() {
        all.push(format!("{} gone", gone.join(" and ")));
    }
    if !new.is_empty() {
        all.push(format!("{} new", new.join(" and ")));
    }
    for (name, type_name) in now {
        if let Some(old) = before.get(name).filter(|old| *old != type_name) {
            all.push(format!("{name} was {old} and is {type_name}"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_types_count_and_the_order_does_not() {
        let of = |order: &[&str], age: &str| {
            of_fingerprint(&json!({"order": order, "mother": [["id", "integer"], ["gone", "text"]],
                                   "columns": [["age", age], ["mail", "text"]]}))
            .unwrap()
        };
        let before = of(&["id", "age"], "integer");
        assert_eq!(differences(&before, &of(&["age", "id"], "integer")), Vec::<String>::new());
        assert_eq!(
            differences(&before, &of(&["age", "mail"], "text")),
            ["id gone", "mail new", "age was integer and is text"]
        );
        assert_eq!(of_fingerprint(&json!({})), None);
    }
}
