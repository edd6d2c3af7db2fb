//! Limits of time that the administrator may have set for a role or a database. pghaul makes them shorter, and never longer.

use std::time::Duration;

/// How long a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until the transaction ends.
    Commit,
    /// Until the session ends.
    Disconnect,
}

/// The statement that limits the time `setting` to `most`, unless it is shorter already; in these settings 0 is no limit.
pub fn shorten(setting: &str, most: Duration, until: Until) -> String {
    let most = most.as_millis().min(i32::MAX as u128);
    let is_local = until == Until::Commit;
    format!(
        "SELECT set_config('{setting}', '{most}ms', {is_local}) \
         WHERE current_setting('{setting}')::interval NOT BETWEEN '1ms' AND '{most}ms'"
    )
}
