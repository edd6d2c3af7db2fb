//! The sequences of a destination. Rows come with the values that the source's sequences have given, so the destination's are set behind
//! them: rows that an application adds there later get values of their own.

use crate::Result;
use crate::pg::ident::{Qualified, literal, quote};
use postgres::Client;

/// Sets each sequence to the greatest value of its column, unless it is there already. Without an index the greatest value is looked for
/// only if `reads_all`.
///
/// # Errors
/// What the server reports.
pub fn set_behind(client: &mut Client, table: &Qualified, reads_all: bool) -> Result<()> {
    for row in client.query(include_str!("sequences.sql"), &[&table.to_string()])? {
        let (column, sequence, is_indexed): (&str, &str, bool) = (row.get(0), row.get(1), row.get(2));
        if is_indexed || reads_all {
            client.execute(
                &format!(
                    "SELECT setval({}::regclass, greatest) FROM (SELECT max({})::bigint AS greatest FROM {table}) m, {sequence} s \
                     WHERE greatest > s.last_value OR greatest = s.last_value AND NOT s.is_called",
                    literal(sequence),
                    quote(column)
                ),
                &[],
            )?;
        }
    }
    Ok(())
}
