//! `pghaul config`.

mod check;
mod show;
