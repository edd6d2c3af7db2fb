//! The advisory lock of all that is loaded into a mother: one load beside the other holds it, or one recreation alone.

use crate::Result;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use postgres::Client;

/// The name of the lock.
pub fn name(mother: &Qualified) -> String {
    format!("the versions of {mother}")
}

/// Keeps other runs away from these mothers as long as the connection lives.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn lock_mothers<'m>(mothers: impl Iterator<Item = &'m Qualified>, client: &mut Client) -> Result<()> {
    let mut names: Vec<String> = mothers.map(name).collect();
    // All runs in the same order, so that no two wait for each other.
    names.sort_unstable();
    names.iter().try_for_each(|name| lock::until_disconnect(client, name))
}
