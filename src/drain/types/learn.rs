//! What was learnt of columns whose types are found out from their values.

use super::forms::Forms;
use super::value::form_of;
use crate::copy::values::json::Json;
use crate::pg::type_name::TypeName;

/// Columns, some with the types that they are to have, the others with what was seen of their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learnt {
    columns: Vec<(String, Column)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Declared(TypeName),
    Seen {
        forms: Forms,
        /// Whether more values can say more: `text` is the widest type there is.
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
    /// Nothing yet, but for the types that are `declared`.
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

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Looks at the value of a column.
    pub fn see(&mut self, column: usize, value: Json<'_>) {
        if let Some((_, Column::Seen { forms, open: true })) = self.columns.get_mut(column) {
            *forms |= form_of(value);
        }
    }

    /// Adds what somebody else has learnt.
    pub fn add(&mut self, other: &Learnt) {
        for ((_, ours), (_, theirs)) in self.columns.iter_mut().zip(&other.columns) {
            if let (Column::Seen { forms, .. }, Column::Seen { forms: more, .. }) = (ours, theirs) {
                *forms |= *more;
            }
        }
    }

    /// Looks no further at columns that are as wide as can be.
    pub fn close(&mut self) {
        for (_, column) in &mut self.columns {
            if let Column::Seen { forms, open } = column {
                *open = *forms == Forms::default() || forms.type_name() != Forms::TEXT.type_name();
            }
        }
    }

    /// Whether both come to the same types.
    pub fn agrees_with(&self, other: &Learnt) -> bool {
        self == other || self.types().eq(other.types())
    }

    /// The types that hold all values seen.
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
