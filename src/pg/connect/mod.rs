//! Connections to PostgreSQL, with libpq's rules for URLs, TLS and passwords.
