//! Zip files, encrypted or not.

pub mod aes;
pub mod content;
pub mod directory;
pub mod dump;
pub mod member;
pub mod openpgp;
