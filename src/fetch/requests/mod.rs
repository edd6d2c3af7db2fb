//! The requests of a run: objects of a source, each made into a URL and a body.

pub mod maker;
mod request;
pub mod source;
pub mod template;

pub use request::{Request, RequestId};
