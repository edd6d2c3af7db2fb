//! Rows that cannot be loaded: how many may be ([`budget`]), and where they are kept ([`lines`], [`values`]).

pub mod budget;
mod files;
pub mod limit;
pub mod lines;
pub mod places;
pub mod reject;
pub mod rejected_row;
pub mod values;
