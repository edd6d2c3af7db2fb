//! Mother tables and their union views.

mod kinds;
mod recreate;
mod views;
