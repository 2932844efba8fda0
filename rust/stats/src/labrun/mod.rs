//! The array path of a selection: many rules over many pools, day by day, with costs and what is measured on them.
//!
//! Weights of a day rest on the rows of earlier days. Every pool is walked on one thread, so the bits do not depend on
//! how many there are.

mod copies;
mod evidence;
mod gates;
mod measures;
mod null;
mod rule;
mod run;
mod selectors;
mod tables;
mod top;
mod track;

pub use measures::{Measures, Path};
pub use null::{Claims, claims};
pub use rule::{Rule, Settings};
pub use run::{Protocol, run_pool};
pub use tables::{Draw, drawn_pools, run_pools, table};
pub use track::scaled_returns;

/// Daily volatility every agent is scaled to: 10 % a year.
pub(crate) const TARGET: f64 = 0.10 / ROOT;
/// Square root of the trading days of a year.
pub(crate) const ROOT: f64 = 15.874_507_866_387_544;
/// First day with a decision.
pub(crate) const FIRST: usize = 63;
