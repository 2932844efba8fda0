//! Converters into event files.

pub mod binance;
mod day;
mod inflate;
mod json;
mod limits;
pub mod lobster;
mod orders;
mod recorder;
mod rows;
mod slots;
mod source;
mod zip;

pub use day::Day;
pub use limits::Limits;
pub use source::{Options, Report, Source};
