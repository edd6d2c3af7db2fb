//! From another database's types to PostgreSQL's.
//!
//! ```text
//! a descriptor's type ─→ as it is written ─→ the dump's map ─→ a built-in map ─→ PostgreSQL, by its own name
//!                        and made plain
//!                        spelling.rs         map.rs            lookup.rs
//!                        plain.rs
//! ```

mod attributes;
mod built_in;
pub mod common_type;
mod entries;
mod forms;
mod lookup;
mod map;
mod plain;
mod spelling;
mod standard;
mod target;
mod tokens;
mod unknown;

pub use entries::Entry;
pub use lookup::Resolved;
pub use map::TypeMap;
pub use plain::Plain;
pub use spelling::Spelling;
pub use standard::is_standard;
