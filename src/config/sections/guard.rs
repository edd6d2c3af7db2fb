//! `guard:` in the configuration: what the rows of a new version table have to be like before others see them.

use crate::config::values::{OrderedMap, Several, Text};
use serde::Deserialize;

/// The guards of one mother, or of all mothers that a pattern names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {rows: '>= 1000', not_null: [user_id]}")]
pub struct GuardCfg {
    /// Bounds of the number of rows; all of them count.
    #[serde(default, deserialize_with = "Several::optional")]
    pub rows: Option<Several>,
    /// `same`: the data file has the columns that it had when it was loaded last.
    pub columns: Option<Text>,
    /// Columns without a NULL.
    #[serde(default)]
    pub not_null: Vec<Text>,
    /// Column → the share of its values that may be NULL.
    #[serde(default)]
    pub nulls: OrderedMap<Text>,
    /// Columns, or lists of columns, that have the same values in no two rows.
    #[serde(default)]
    pub unique: Vec<Several>,
    /// Column → its least and its greatest value.
    #[serde(default)]
    pub range: OrderedMap<Text>,
    /// Queries that answer with one boolean.
    #[serde(default)]
    pub sql: Vec<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_takes_one_value_or_several_where_both_make_sense() {
        let guard: GuardCfg = serde_yaml::from_str(
            "{rows: '>= 1', unique: [id, [app, email]], nulls: {email: <= 5%}, sql: ['SELECT true']}",
        )
        .unwrap();
        assert_eq!(guard.rows.unwrap().0, [Text(">= 1".to_owned())]);
        assert_eq!(guard.unique.iter().map(|columns| columns.0.len()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(guard.nulls.0[0].0, "email");
    }

    #[test]
    fn another_key_or_form_is_an_error() {
        let fault = |yaml: &str| serde_yaml::from_str::<GuardCfg>(yaml).unwrap_err().to_string();
        assert!(fault("{row: '>= 1'}").contains("unknown field `row`, expected one of `rows`"));
        assert!(fault("rows").contains("a map such as {rows: '>= 1000', not_null: [user_id]}"));
        assert!(fault("{rows: 1000}").contains("in quotes if it is a number"));
    }
}
