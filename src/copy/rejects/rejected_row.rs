//! A row of separated values that cannot be loaded, and its line in the file of rejects.

use crate::Place;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// What each line begins with; a file that begins otherwise is not ours.
pub const LINE_START: &[u8] = b"{\"source\":";

/// A rejected row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The place of its source among all of a run.
    pub order: u64,
    /// Where it comes from: a request, a replica.
    pub source: Arc<str>,
    /// Its number there, counted from 1, where rows have an order.
    pub row: Option<u64>,
    /// What it is called there, where they have none.
    pub named: Option<String>,
    /// The column at fault; `None` where the whole row is.
    pub column: Option<String>,
    /// What the column would get.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// All values, as JSON.
    pub values: String,
}

#[derive(Serialize)]
struct Line<'r> {
    source: &'r str,
    row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named: Option<&'r str>,
    column: Option<&'r str>,
    value: Option<&'r str>,
    reason: &'r str,
    values: Option<&'r RawValue>,
}

impl RejectedRow {
    /// Where it is, for messages: `request 3, row 17`.
    pub fn place(&self) -> Place {
        let mut file = self.source.to_string();
        if let Some(row) = self.row {
            file.push_str(&format!(", row {row}"));
        }
        if let Some(named) = &self.named {
            file.push_str(&format!(", {named}"));
        }
        Place { file: Some(file), column: self.column.clone(), ..Place::default() }
    }

    /// The same with what the source has given changed by `change`.
    pub fn mapped(&self, change: impl Fn(&str) -> String) -> RejectedRow {
        RejectedRow {
            named: self.named.as_deref().map(&change),
            value: self.value.as_deref().map(&change),
            reason: change(&self.reason),
            values: change(&self.values),
            ..self.clone()
        }
    }

    /// Its line, with the line end.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn line(&self) -> serde_json::Result<Vec<u8>> {
        let values: Option<Box<RawValue>> = RawValue::from_string(self.values.clone()).ok();
        let mut line = serde_json::to_vec(&Line {
            source: &self.source,
            row: self.row,
            named: self.named.as_deref(),
            column: self.column.as_deref(),
            value: self.value.as_deref(),
            reason: &self.reason,
            values: values.as_deref(),
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_source_and_tells_the_name_only_where_there_is_one() {
        let mut row = RejectedRow {
            order: 0,
            source: "users".into(),
            row: None,
            named: Some("id-7".into()),
            column: None,
            value: None,
            reason: "bad".into(),
            values: "no JSON".into(),
        };
        let text = |row: &RejectedRow| String::from_utf8(row.line().unwrap()).unwrap();
        assert!(row.line().unwrap().starts_with(LINE_START));
        assert_eq!(
            text(&row),
            "{\"source\":\"users\",\"row\":null,\"named\":\"id-7\",\"column\":null,\"value\":null,\"reason\":\"bad\",\"values\":null}\n"
        );
        assert_eq!(row.place().to_string(), "users, id-7");
        (row.row, row.named) = (Some(3), None);
        assert!(!text(&row).contains("named") && text(&row).contains("\"row\":3,"));
    }
}
