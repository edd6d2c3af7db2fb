//! Values whose form no encoder knows: PostgreSQL's own input functions decide what they mean, over a connection beside the
//! COPY. Where such a function would change a value without a word, the value is refused.

pub mod answers;
mod as_written;
pub mod resolver;
pub mod unknown;
