//! The types of columns, as given or as inferred from values.

use super::forms::Forms;
use super::value::{form_of, form_of_id};
use crate::copy::encode::CopyColumn;
use crate::copy::values::json::Json;
use crate::pg::type_name::TypeName;

/// The columns of a replica: some have given types, the others the forms of the values so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learnt {
    columns: Vec<(String, Column)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Declared(TypeName),
    Seen {
        forms: Forms,
        /// Whether more values are looked at. `text` is the widest type, so a column of it is closed.
        open: bool,
    },
}

impl Column {
    fn type_name(&self) -> TypeName {
        match self {
            Column::Declared(name) => name.clone(),
            Column::Seen { forms, .. } => TypeName::from_server(forms.type_name().to_owned()),
        }
    }
}

impl Learnt {
    /// Columns of these names without any value yet; those in `declared` keep their types.
    pub fn nothing_of(names: &[String], declared: &[(String, TypeName)]) -> Learnt {
        let column = |name: &String| {
            let declared = declared.iter().find(|(column, _)| column == name);
            let column = match declared {
                Some((_, type_name)) => Column::Declared(type_name.clone()),
                None => Column::Seen { forms: Forms::default(), open: true },
            };
            (name.clone(), column)
        };
        Learnt { columns: names.iter().map(column).collect() }
    }

    /// The columns of a table that exists, as wide as they are. Those in `declared`, and those of a type that is never
    /// inferred, stay as they are.
    pub fn of_table(columns: &[CopyColumn], declared: &[(String, TypeName)]) -> Learnt {
        let learnt = |column: &CopyColumn| {
            let is_declared = declared.iter().any(|(name, _)| *name == column.name);
            let seen = match Forms::of_type(&column.type_name).filter(|_| !is_declared) {
                Some(forms) => Column::Seen { forms, open: true },
                None => Column::Declared(TypeName::from_server(column.type_name.clone())),
            };
            (column.name.clone(), seen)
        };
        let mut learnt = Learnt { columns: columns.iter().map(learnt).collect() };
        learnt.close();
        learnt
    }

    /// Whether the column of this number becomes wider for its values.
    pub fn is_open(&self, column: usize) -> bool {
        matches!(self.columns.get(column), Some((_, Column::Seen { .. })))
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Adds the form of an id to the first column.
    pub fn see_id(&mut self, id: &str) {
        if let Some((_, Column::Seen { forms, open: true })) = self.columns.first_mut() {
            *forms |= form_of_id(id);
        }
    }

    /// Adds the form of a value to the column of this number.
    pub fn see(&mut self, column: usize, value: Json<'_>) {
        if let Some((_, Column::Seen { forms, open: true })) = self.columns.get_mut(column) {
            *forms |= form_of(value);
        }
    }

    /// Adds what another thread has learnt of the same columns.
    pub fn add(&mut self, other: &Learnt) {
        for ((_, ours), (_, theirs)) in self.columns.iter_mut().zip(&other.columns) {
            if let (Column::Seen { forms, .. }, Column::Seen { forms: more, .. }) = (ours, theirs) {
                *forms |= *more;
            }
        }
    }

    /// Stops looking at columns that are `text` already.
    pub fn close(&mut self) {
        for (_, column) in &mut self.columns {
            if let Column::Seen { forms, open } = column {
                *open = *forms == Forms::default() || forms.type_name() != Forms::TEXT.type_name();
            }
        }
    }

    /// Whether both have the same types.
    pub fn agrees_with(&self, other: &Learnt) -> bool {
        self == other || self.types().eq(other.types())
    }

    /// Each column with the narrowest type that holds all of its values.
    pub fn types(&self) -> impl Iterator<Item = (String, TypeName)> {
        self.columns.iter().map(|(name, column)| (name.clone(), column.type_name()))
    }

    /// The columns in words.
    pub fn describe(&self) -> String {
        self.types().map(|(name, type_name)| format!("{name} {type_name}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_have_seen_comes_together() {
        let names = ["id", "n", "d"].map(str::to_owned);
        let declared = [("d".to_owned(), TypeName::parse("date").unwrap())];
        let mut first = Learnt::nothing_of(&names, &declared);
        first.see(0, Json::String("x"));
        first.see(1, Json::Number("1"));
        first.see(2, Json::String("no date"));
        first.close();
        assert_eq!(first.describe(), "id text, n integer, d date");
        let mut other = first.clone();
        other.see(1, Json::Number("2"));
        assert!(other.agrees_with(&first));
        other.see(1, Json::Number("2.5"));
        assert!(!other.agrees_with(&first));
        first.add(&other);
        assert_eq!(first.describe(), "id text, n numeric, d date");
    }

    #[test]
    fn a_column_of_nulls_stays_open() {
        let mut learnt = Learnt::nothing_of(&["n".to_owned()], &[]);
        learnt.see(0, Json::Null);
        learnt.close();
        assert_eq!(learnt.describe(), "n text");
        learnt.see(0, Json::Bool(true));
        assert_eq!(learnt.describe(), "n boolean");
    }
}
