//! Converters into event files.

pub mod binance;
pub mod columns;
mod day;
pub mod dbn;
mod inflate;
pub mod itch;
mod json;
mod limits;
pub mod lobster;
pub mod npz;
mod orders;
pub(crate) mod recorder;
mod rows;
pub(crate) mod slots;
mod source;
mod zip;

pub use day::Day;
pub use limits::Limits;
pub use source::{Options, Report, Source};
