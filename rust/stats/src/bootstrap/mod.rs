//! The stationary bootstrap of Politis and Romano (1994), by block sums instead of gathered rows.

mod blocks;
mod measures;
mod prefix;

pub use blocks::{Block, StationaryBootstrap};
pub use measures::{Draws, bootstrap_measures};
pub use prefix::PrefixSums;
