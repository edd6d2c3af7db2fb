//! Names of schemas and operations, from which generators make names of their own.

use crate::serve::tables::table::Table;
use std::collections::{HashMap, HashSet};

/// The names of the tables' schemas by their paths: letters, digits, `.`, `-` and `_` (OpenAPI Specification 3.1, "Components Object").
/// They differ in letters and digits alone, whatever their case, as in the languages of some clients.
pub fn of_tables<'t>(tables: &[&'t Table]) -> HashMap<&'t str, String> {
    // `Problem` is a schema, too.
    let mut taken = HashSet::from(["problem".to_owned()]);
    tables
        .iter()
        .map(|table| {
            let path = table.settings.path.as_str();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            let plain: String = path.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
            (path, unique(plain, &mut taken))
        })
        .collect()
}

/// The names of the parameters for the columns of a key: `id` for a single one, else words like the columns' names.
pub fn of_key(columns: &[String]) -> Vec<String> {
    if columns.len() == 1 {
        return vec!["id".to_owned()];
    }
    let mut taken = HashSet::new();
    columns.iter().map(|column| unique(identifier(column), &mut taken)).collect()
}

/// The name with anything but letters, digits and `_` replaced.
pub fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn unique(name: String, taken: &mut HashSet<String>) -> String {
    let numbered = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}_{number}") });
    let letters =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    // There are more numbers than names.
    numbered.into_iter().find(|name| taken.insert(letters(name))).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_in_every_language() {
        let mut taken = HashSet::from(["problem".to_owned()]);
        let names = ["a.b", "a_b", "A b", "Problem", "ü"].map(|name| unique(identifier(name), &mut taken));
        assert_eq!(names, ["a_b", "a_b_2", "A_b_3", "Problem_2", "_"]);
        assert_eq!(of_key(&["x y".into()]), ["id"]);
        assert_eq!(of_key(&["x y".into(), "x_y".into(), "z".into()]), ["x_y", "x_y_2", "z"]);
    }
}
