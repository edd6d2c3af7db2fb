//! What there is to do: the catalogue compared with what the database holds.

pub mod action;
pub mod changes;
pub mod common_type;
pub mod drop;
pub mod mothers;
pub mod own_types;
pub mod reason;
pub mod state;
pub mod text;
pub mod unit;
