//! Which version of a mother has which columns.

use crate::report::page::words;
use crate::table::ledger::loads::shapes::TableShape;

/// How many columns are drawn.
const MOST_COLUMNS: usize = 60;

/// A column that not all tables have alike.
#[derive(Debug, PartialEq, Eq)]
pub struct DriftRow {
    /// Its name.
    pub column: String,
    /// What each table has, in the order of the tables.
    pub cells: Vec<DriftCell>,
}

/// What a table has of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftCell {
    /// Its type; none if it lacks the column.
    pub type_name: Option<String>,
    /// Whether that is another type than most of the tables have.
    pub is_other: bool,
}

/// How tables differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The columns that differ, in the order in which the tables name them.
    pub rows: Vec<DriftRow>,
    /// Columns that differ, and are not drawn.
    pub left: usize,
    /// How many columns all tables have alike.
    pub alike: usize,
}

impl Drift {
    /// Compares tables.
    pub fn of(tables: &[&TableShape]) -> Drift {
        let mut drift = Drift::default();
        let mut seen: Vec<&str> = Vec::new();
        for (column, _) in tables.iter().flat_map(|table| &table.columns) {
            if seen.contains(&column.as_str()) {
                continue;
            }
            seen.push(column);
            let types: Vec<Option<&str>> = tables.iter().map(|table| type_of(table, column)).collect();
            if types.iter().all(|found| *found == types[0]) {
                drift.alike += 1;
            } else if drift.rows.len() < MOST_COLUMNS {
                drift.rows.push(DriftRow { column: words(column), cells: cells(&types) });
            } else {
                drift.left += 1;
            }
        }
        drift
    }
}

fn type_of<'t>(table: &'t TableShape, column: &str) -> Option<&'t str> {
    table.columns.iter().find(|(name, _)| name == column).map(|(_, type_name)| type_name.as_str())
}

fn cells(types: &[Option<&str>]) -> Vec<DriftCell> {
    let count = |wanted: &str| types.iter().flatten().filter(|found| **found == wanted).count();
    // Of those that are as frequent, the first one.
    let usual = types.iter().flatten().rev().max_by_key(|found| count(found)).copied();
    let cell = |found: &Option<&str>| DriftCell {
        type_name: found.map(|name| words(&short(name))),
        is_other: found.is_some() && *found != usual,
    };
    types.iter().map(cell).collect()
}

/// The name of a type as people write it.
fn short(name: &str) -> String {
    let name = name.replace("character varying", "varchar").replace("character(", "char(");
    match name.strip_suffix(" with time zone") {
        Some(name) if name.starts_with("timestamp") => name.replacen("timestamp", "timestamptz", 1),
        Some(name) => name.replacen("time", "timetz", 1),
        None => name.replace(" without time zone", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &str)]) -> TableShape {
        let columns = columns.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect();
        TableShape { bytes: 0, columns }
    }

    #[test]
    fn only_what_differs_is_drawn() {
        let one = table(&[("id", "integer"), ("email", "text"), ("age", "integer")]);
        let two = table(&[("id", "integer"), ("age", "bigint")]);
        let three = table(&[("id", "integer"), ("age", "integer"), ("region", "text")]);
        let drift = Drift::of(&[&one, &two, &three]);
        assert_eq!((drift.alike, drift.left), (1, 0));
        let drawn: Vec<(&str, Vec<&str>)> = drift
            .rows
            .iter()
            .map(|row| {
                let cell = |cell: &'static str, other| if other { "other" } else { cell };
                let cells = row.cells.iter().map(|found| match found.type_name {
                    None => "-",
                    Some(_) => cell("has", found.is_other),
                });
                (row.column.as_str(), cells.collect())
            })
            .collect();
        let expected = [
            ("email", vec!["has", "-", "-"]),
            ("age", vec!["has", "other", "has"]),
            ("region", vec!["-", "-", "has"]),
        ];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn types_have_their_short_names() {
        for (name, short_name) in [
            ("character varying(50)[]", "varchar(50)[]"),
            ("character(3)", "char(3)"),
            ("timestamp(3) with time zone", "timestamptz(3)"),
            ("timestamp without time zone", "timestamp"),
            ("time(3) with time zone", "timetz(3)"),
            ("time with time zone", "timetz"),
            ("time without time zone", "time"),
            ("numeric(5,2)", "numeric(5,2)"),
        ] {
            assert_eq!(short(name), short_name);
        }
    }

    #[test]
    fn a_table_alone_differs_from_none_and_many_columns_are_counted() {
        assert_eq!(Drift::of(&[&table(&[("id", "integer")])]), Drift { alike: 1, ..Drift::default() });
        let names: Vec<String> = (0..100).map(|number| format!("c{number}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "text")).collect();
        let drift = Drift::of(&[&table(&many), &table(&[])]);
        assert_eq!((drift.rows.len(), drift.left), (MOST_COLUMNS, 100 - MOST_COLUMNS));
    }
}
