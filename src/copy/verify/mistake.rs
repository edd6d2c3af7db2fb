//! A value that was not sent as PostgreSQL reads it.

use crate::copy::rejects::reject::Reject;
use crate::error::Hint;
use crate::{Error, Place};

/// Bytes of a field that are shown.
const SHOWN_BYTES: usize = 32;

/// A value that pghaul and PostgreSQL read in different ways. It is not known which of them is right, so the load fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line where its row begins.
    pub line: u64,
    /// The column, if one is known.
    pub column: Option<String>,
    /// The value as it stands in the data file, shortened.
    pub value: Option<String>,
    /// What is different.
    pub what: String,
}

impl Mistake {
    /// The difference between the field that was sent and the field that PostgreSQL reads, both in binary form.
    pub fn of_fields(sent: Option<&[u8]>, read: Option<&[u8]>) -> String {
        format!("it was sent as {}, and PostgreSQL reads it as {}", shown(sent), shown(read))
    }

    /// The mistake of a row at this line that was sent, though PostgreSQL refuses it.
    pub fn of_refused(line: u64, refused: &Reject) -> Mistake {
        let what = format!("it was sent, and PostgreSQL refuses it: {}", refused.reason);
        Mistake { line, column: refused.column.clone(), value: refused.value.clone(), what }
    }

    /// The error of the load.
    pub fn error(&self) -> Error {
        let value = self.value.as_ref().map_or(String::new(), |value| format!(" ({value:?})"));
        let place = Place { column: self.column.clone(), ..Place::default() };
        Error::failed(format!("verification failed: pghaul misunderstands this value{value}: {}", self.what))
            .at(place.line(self.line))
            .remedy("this is a defect of pghaul, please report it")
            .hint(Hint::Undone)
    }
}

/// The field in hexadecimal.
fn shown(field: Option<&[u8]>) -> String {
    let Some(field) = field else { return "NULL".to_owned() };
    let digits: String = field.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if field.len() > SHOWN_BYTES { "…" } else { "" };
    format!("\\x{digits}{more}")
}
