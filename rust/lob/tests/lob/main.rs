//! The order book and the matcher from the outside; one program, because each is compiled anew.

#[path = "../common/mod.rs"]
mod common;
mod conformance;
mod differential;
mod properties;
mod rules;
