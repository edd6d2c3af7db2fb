//! The drift of a table and of its export from version to version.
//!
//! A version depends on its position alone (0 is the first). Each version adds a column, which stays for some versions.
//! Every third version lacks a column. Types become wider, and columns move. The columns of the first version that none
//! lacks are common to all versions.

use super::column::{Column, SourceType};
use super::fields::moments::Clock;
use super::fields::values::{Style, Values};
use super::tables::{ADDITIONS, Table};
use std::borrow::Cow;

/// A table in one version.
#[derive(Debug)]
pub struct Layout {
    /// Its columns, in the order of the data file.
    pub columns: Vec<LayoutColumn>,
    /// The form of its fields.
    pub style: Style,
}

/// A column in one version.
#[derive(Debug, Clone)]
pub struct LayoutColumn {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its type in this version.
    pub source_type: SourceType,
    /// Whether it has this type in all versions that have it; then a mother cannot be more tolerant.
    pub is_stable: bool,
    /// The values of its fields.
    pub values: Values,
    /// The number of NULLs in 256 fields.
    pub nulls: u32,
}

/// A version's way to export its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// The form of fields.
    pub style: Style,
    /// The folder of the data files in the zip, with a slash at its end.
    pub data_folder: &'static str,
    /// The form of descriptors.
    pub descriptors: DescriptorForm,
}

/// A form of descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptorForm {
    /// Strict JSON, with types in lower case, and columns in the order of the data file.
    Strict,
    /// Strict JSON on one line, with types in mixed case, and columns in the order of their names.
    Sorted,
    /// With tabs, commas at the end, and types in upper case.
    Sloppy,
}

/// The exports of the versions, in this order, again and again.
const EXPORTS: [Export; 3] = [
    Export {
        style: Style { clock: Clock::Month, line_end: "\n" },
        data_folder: "",
        descriptors: DescriptorForm::Strict,
    },
    Export {
        style: Style { clock: Clock::Iso, line_end: "\r\n" },
        data_folder: "data/",
        descriptors: DescriptorForm::Sorted,
    },
    Export {
        style: Style { clock: Clock::Compact, line_end: "\n" },
        data_folder: "",
        descriptors: DescriptorForm::Sloppy,
    },
];

/// The number of versions that an added column stays for. It is less than `ADDITIONS`, so no two columns share a name.
const ADDITION_STAYS: usize = ADDITIONS - 2;
/// The places by which columns move from one version to the next.
const MOVE: usize = 3;

impl Export {
    /// The export of the version at `position`.
    pub fn at(position: usize) -> Export {
        EXPORTS[position % EXPORTS.len()]
    }
}

impl Layout {
    /// `table` in the version at `position`.
    pub fn new(table: &Table, position: usize) -> Layout {
        let loses_one = position % 3 == 2;
        let kept = table.columns.iter().filter(|column| !(loses_one && column.name == table.lost));
        let mut columns: Vec<LayoutColumn> =
            kept.map(|column| LayoutColumn::new(column, column.name.into(), position)).collect();
        // Version n and later ones have the addition of version n.
        let first = (position + 1).saturating_sub(ADDITION_STAYS).max(1);
        columns.extend((first..=position).map(|number| {
            let (round, which) = ((number - 1) / ADDITIONS, (number - 1) % ADDITIONS);
            let column = &table.additions[which];
            let name = match round {
                0 => column.name.into(),
                _ => format!("{}_{}", column.name, round + 1).into(),
            };
            LayoutColumn::new(column, name, position)
        }));
        let moved = position * MOVE % columns.len();
        columns.rotate_left(moved);
        Layout { columns, style: Export::at(position).style }
    }

    /// The first line of the data file, with its line end.
    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        names.join("|") + self.style.line_end
    }
}

impl LayoutColumn {
    fn new(column: &Column, name: Cow<'static, str>, position: usize) -> LayoutColumn {
        LayoutColumn {
            name,
            source_type: column.source_type(position),
            is_stable: column.types.len() == 1,
            values: column.values,
            nulls: column.nulls,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;
    use std::collections::{HashMap, HashSet};

    fn names(layout: &Layout) -> Vec<&str> {
        layout.columns.iter().map(|column| &*column.name).collect()
    }

    #[test]
    fn the_second_and_third_version_of_users() {
        let [first, second, third] = [0, 1, 2].map(|position| Layout::new(&TABLES[0], position));
        assert_eq!(
            names(&second).join(" "),
            "last_name email city phone active created notes country user_id instancecode first_name"
        );
        assert!(names(&third).contains(&"last_login") && !names(&third).contains(&"city"));
        let type_of = |layout: &Layout, name: &str| {
            layout.columns.iter().find(|column| column.name == name).map(|column| column.source_type)
        };
        assert_eq!(type_of(&first, "email"), Some(SourceType::VarChar(100)));
        assert_eq!(type_of(&second, "email"), Some(SourceType::NVarChar(160)));
        assert_eq!(second.header().matches("\r\n").count(), 1);
    }

    #[test]
    fn however_many_versions_there_are_names_differ_and_much_is_common() {
        for table in &TABLES {
            let layouts: Vec<Layout> = (0..40).map(|position| Layout::new(table, position)).collect();
            let mut common: HashSet<&str> = names(&layouts[0]).into_iter().collect();
            let mut types = HashMap::new();
            for layout in &layouts {
                let of_version: HashSet<&str> = names(layout).into_iter().collect();
                assert_eq!(of_version.len(), layout.columns.len(), "{layout:?}");
                common.retain(|name| of_version.contains(name));
                for column in layout.columns.iter().filter(|column| column.is_stable) {
                    let first = types.entry(&column.name).or_insert(column.source_type);
                    assert_eq!(*first, column.source_type, "{}", column.name);
                }
            }
            assert_eq!(common.len(), table.columns.len() - 1);
        }
    }
}
