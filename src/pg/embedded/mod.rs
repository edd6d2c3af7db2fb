//! The embedded server: a private PostgreSQL cluster run from the machine's own binaries.
