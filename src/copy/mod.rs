//! The engine: bytes of a data file in, `COPY` data out.
//!
//! ```text
//! input ─→ charset ─→ batch ─→ scan, rows ─→ encode ─→ sink
//! bytes    (UTF-16    blocks   fields        COPY's    the server
//!          and such)  cut at                 binary
//!                     a row                  or text
//!                                              ↕
//!                                            resolve (what no encoder knows, the server decides)
//! ```
//!
//! Rows that cannot be loaded become rejects, where they are allowed. What the server then holds can be compared with
//! what was sent ([`verify`]).
//!
//! Rows whose values are separated already, such as an API's or a cache's, come in batches of their own, and go through the
//! same encoders:
//!
//! ```text
//! value_batch ─→ value_copy (encode, resolve, sink; a COPY per batch)
//!       └──────────→ value_rejects
//! ```
//!
//! [`into`] knows the table that they go to, and how they become visible there.
//!
//! Rows of another PostgreSQL need no encoder: [`pipe`] sends the bytes of a `COPY … TO` on to a `COPY … FROM`, as fast as
//! [`pace`] allows.
//!
//! Nothing here knows dumps, mothers or jobs. What is read is bounded: one batch, one output buffer, and the
//! longest row. Several streams may share the batches of one input.

pub mod batch;
pub mod batch_encoder;
pub mod binary;
pub mod careful;
pub mod charset;
pub mod encode;
pub mod format;
pub mod header;
pub mod into;
pub mod json;
pub mod open_quote;
pub mod original;
pub mod pace;
pub mod pipe;
pub mod reject_files;
pub mod reject_limit;
pub mod reject_places;
pub mod rejects;
pub mod resolve;
pub mod rows;
pub mod scan;
pub mod sink;
pub mod stream;
pub mod streams;
pub mod value_batch;
pub mod value_copy;
pub mod value_rejects;
pub mod verify;
