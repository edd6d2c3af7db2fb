//! The environment variables that libpq reads.

use nix::unistd::{User, geteuid};
use std::path::PathBuf;

/// Looks up an environment variable.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variable of this process; one that is not UTF-8 counts as unset.
pub fn of_this_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The user's home folder: `HOME`, or what the operating system knows.
pub(in crate::pg::connect) fn home(env: Env<'_>) -> Option<PathBuf> {
    let known = || User::from_uid(geteuid()).ok().flatten().map(|user| user.dir);
    env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from).or_else(known)
}
