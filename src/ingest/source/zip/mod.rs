//! Zip files, whose members may be encrypted.

mod aes;
mod directory;
mod listing;
mod member;

pub use listing::list;
pub use member::{Member, ZipReader};
