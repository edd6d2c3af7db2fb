//! Loading again, beside readers and other runs.

mod additions;
mod changes;
mod together;
mod unlogged;

const ORDERS: (&str, &str, &str) = ("orders", "id:int note:text", "1|a\n2|b\n3|NULL\n");
