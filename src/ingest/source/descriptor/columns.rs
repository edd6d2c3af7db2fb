//! From entries to columns: what an entry lacks is said with the keys that it has.

use super::complete::{self, Completed};
use super::entry::Entry;
use super::keys::{self, FORM};
use crate::{Error, Result};

/// A column, as the source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceColumn {
    /// The column's name, as the data file's header spells it.
    pub name: String,
    /// Its type in the source database, with numbers that stand elsewhere in its entry: `decimal(12,4)`.
    pub source_type: String,
    /// The type as it is written, where such numbers were added: `decimal`.
    pub bare_type: Option<String>,
}

/// What an entry does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Name,
    Type,
    Both,
}

/// The columns of the entries.
///
/// # Errors
/// Entries without a name or a type: one fault for all that lack the same. It says the same for every descriptor of that
/// form.
pub fn columns(entries: &[Entry]) -> Result<Vec<SourceColumn>> {
    let mut columns = Vec::with_capacity(entries.len());
    let mut lacks: Vec<(usize, Lack)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match (entry.text(keys::NAMES), complete::source_type(entry)) {
            (Some(name), Some(Completed { source_type, bare })) => {
                columns.push(SourceColumn { name: name.to_owned(), source_type, bare_type: bare });
            }
            (None, Some(_)) => lacks.push((index, Lack::Name)),
            (Some(_), None) => lacks.push((index, Lack::Type)),
            (None, None) => lacks.push((index, Lack::Both)),
        }
    }
    let fault = |lack: Lack| {
        let lacking: Vec<usize> =
            lacks.iter().filter(|(_, theirs)| *theirs == lack).map(|(index, _)| *index).collect();
        lacking.first().map(|first| lack.fault(&entries[*first], *first, lacking.len(), entries.len()))
    };
    let faults: Vec<Error> = [Lack::Name, Lack::Type, Lack::Both].into_iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(columns) } else { Err(Error::many(faults)) }
}

impl Lack {
    /// That `count` of `all` entries lack this, of which `entry` is the first.
    fn fault(self, entry: &Entry, index: usize, count: usize, all: usize) -> Error {
        let number = index + 1;
        let who = match count {
            _ if count == all => "no entry of the descriptor tells".to_owned(),
            1 => format!("entry {number} of the descriptor does not tell"),
            _ => format!("{count} entries of the descriptor, from entry {number} on, do not tell"),
        };
        let (names, types) = (keys::NAMES.join(", "), keys::TYPES.join(", "));
        let (what, looked_for) = match self {
            Lack::Name => ("the column's name", names),
            Lack::Type => ("the column's type", types),
            Lack::Both => ("the column's name and type", format!("{names} and {types}")),
        };
        let there = entry.keys.join(", ");
        let what =
            format!("{who} {what}: looked for were the keys {looked_for}, in any case; there are {there}");
        Error::refused(what).remedy(FORM).cured_at_once()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::LimitsCfg;
    use crate::copy::input::charset::Charset;
    use crate::ingest::settings::limits::Limits;
    use crate::ingest::source::descriptor::parse;

    #[test]
    fn what_is_missing_is_said_with_the_keys_that_are_there() {
        let limits = Limits::resolve(&LimitsCfg::default()).unwrap();
        for (text, what) in [
            (
                r#"[{"id": "a", "typ": "int"}, {"id": "b", "typ": "int"}]"#,
                "no entry of the descriptor tells the column's name and type: looked for were the keys column_name, name, \
                 field, column and column_type, data_type, type, type_name, in any case; there are id, typ; it must be",
            ),
            (
                r#"[{"name": "a", "kind": "int"}]"#,
                "no entry of the descriptor tells the column's type: looked for were the keys column_type, data_type, \
                 type, type_name, in any case; there are name, kind; it must be",
            ),
            (
                r#"[{"name": "a", "type": "int"}, {"name": "b", "type": null}]"#,
                "entry 2 of the descriptor does not tell the column's type: ",
            ),
            (
                r#"[{"name": "a", "type": "int"}, {"name": "b", "type": 4}, {"name": ["c"], "type": " "}]"#,
                "entry 3 of the descriptor does not tell the column's name and type: ",
            ),
            (
                r#"[{"name": "a", "type": "int"}, {"name": "b", "type": 4}, {"name": ["c"], "type": " "}]"#,
                "entry 2 of the descriptor does not tell the column's type: ",
            ),
            (
                r#"[{"name": "a", "type": "int"}, {"type": "int"}, {"type": "text"}]"#,
                "2 entries of the descriptor, from entry 2 on, do not tell the column's name: ",
            ),
            (r#"{"a": [{"name": "a", "type": "int"}], "b": [{"name": "b", "type": "int"}]}"#, "several keys"),
            (r#"{"name": "a", "type": "int"}"#, "it is a map in which no key has a list of columns"),
            (r#"[{"name": "a", "NAME": "b", "type": "int"}]"#, "duplicate field `name`"),
        ] {
            let error = parse(text.as_bytes(), Charset::Utf8, &limits).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
