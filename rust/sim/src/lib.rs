//! The engine: accounts that are stepped through market data. f64 state, fixed order of every sum, no clock, no I/O.

pub mod bar;
pub mod tick;
