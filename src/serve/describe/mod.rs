//! Descriptions of the tables: OpenAPI for programs, a page for people.

pub mod openapi;
pub mod page;
