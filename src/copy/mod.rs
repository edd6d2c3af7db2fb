//! The engine: bytes of a data file in, `COPY` data out.
//!
//! ```text
//! input ──────────────────────→ encode ──────────→ send
//! charset ─→ batch ─→ scan,     COPY's binary      sink, stream, streams
//! (UTF-16    blocks    rows     or text                 │
//! and such)  cut at    fields     ↕                     ↓
//!            a row              resolve            the server
//!                               (what no encoder knows, the server decides)
//! ```
//!
//! Rows that cannot be loaded become [`rejects`], if they are allowed. What is noted about values that are loaded is counted in
//! [`notices`], and [`figures`] of their columns are taken. [`verify`] compares the rows that were sent with those
//! that the server then holds.
//!
//! Rows whose values are separated already, such as an API's or a cache's, come in batches of their own ([`values`]) and go
//! through the same encoders. Rows of another PostgreSQL need no encoder: [`relay`] passes the bytes of a `COPY … TO` on to a
//! `COPY … FROM`.
//!
//! Nothing here knows dumps, mothers, configuration keys or jobs: an error has a [`crate::error::Hint`], and the job has the
//! words for it. Memory is bounded: one batch, one output buffer, and the longest row. Several streams may share the batches
//! of one input.

pub mod encode;
pub mod figures;
pub mod input;
pub mod notices;
pub mod rejects;
pub mod relay;
pub mod send;
pub mod values;
pub mod verify;
