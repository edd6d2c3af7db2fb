//! Values: from a position to a text.

pub mod clock;
pub mod form;
pub mod shapes;
pub mod words;
