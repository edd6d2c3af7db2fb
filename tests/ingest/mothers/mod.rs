//! Mother tables and their union views.

mod common_types;
mod kinds;
mod nights;
mod recreate;
mod thousands;
mod views;
mod widen;

const ORDERS: (&str, &str, &str) = ("orders", "id:int", "1\n2\n3\n");
