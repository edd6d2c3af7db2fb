//! What the forms of several families are made of.

pub mod calendar;
pub mod clock;
pub mod digits;
pub mod usual;
