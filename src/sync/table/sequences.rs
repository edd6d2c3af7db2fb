//! The sequences of a destination. Rows come with the values that the source's sequences have given, so the destination's are set behind
//! them: rows that an application adds there later get values of their own.

use crate::Result;
use crate::pg::ident::{Qualified, literal, quote};
use postgres::{Client, GenericClient};

/// A column, and the sequence that it takes its values from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    column: String,
    /// Its quoted name.
    name: String,
    /// Whether an index of the table finds the greatest value.
    is_indexed: bool,
}

impl Sequence {
    /// Whether it is that of this column.
    pub fn is_of(&self, column: &str) -> bool {
        self.column == column
    }
}

/// Sets each sequence to the greatest value of its column, unless it is there already. Without an index the greatest value is looked for
/// only if `reads_all`.
///
/// # Errors
/// What the server reports.
pub fn set_behind(client: &mut Client, table: &Qualified, reads_all: bool) -> Result<()> {
    for sequence in of_table(client, table)?.iter().filter(|sequence| sequence.is_indexed || reads_all) {
        set(client, sequence, &table.to_string())?;
    }
    Ok(())
}

/// The sequences of a table whose columns have no index, so that each window has to say what has come.
///
/// # Errors
/// What the server reports.
pub fn without_index(client: &mut Client, table: &Qualified) -> Result<Vec<Sequence>> {
    let mut sequences = of_table(client, table)?;
    sequences.retain(|sequence| !sequence.is_indexed);
    Ok(sequences)
}

/// Sets sequences behind the rows of a window, which has the columns of their table.
///
/// # Errors
/// What the server reports.
pub fn set_behind_window(
    client: &mut impl GenericClient,
    sequences: &[Sequence],
    window: &str,
) -> Result<()> {
    sequences.iter().try_for_each(|sequence| set(client, sequence, window))
}

fn of_table(client: &mut Client, table: &Qualified) -> Result<Vec<Sequence>> {
    let rows = client.query(include_str!("sequences.sql"), &[&table.to_string()])?;
    let sequence =
        |row: &postgres::Row| Sequence { column: row.get(0), name: row.get(1), is_indexed: row.get(2) };
    Ok(rows.iter().map(sequence).collect())
}

fn set(client: &mut impl GenericClient, sequence: &Sequence, table: &str) -> Result<()> {
    let Sequence { column, name, .. } = sequence;
    client.execute(
        &format!(
            "SELECT setval({}::regclass, greatest) FROM (SELECT max({})::bigint AS greatest FROM {table}) m, {name} s \
             WHERE greatest > s.last_value OR greatest = s.last_value AND NOT s.is_called",
            literal(name),
            quote(column)
        ),
        &[],
    )?;
    Ok(())
}
