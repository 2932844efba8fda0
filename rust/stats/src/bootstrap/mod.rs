//! The stationary bootstrap of Politis and Romano (1994), by block sums instead of gathered rows.

mod blocks;
mod measures;
mod p_value;
mod prefix;

pub use blocks::{Block, StationaryBootstrap};
pub use measures::{Draws, bootstrap_measures};
pub use p_value::{Null, centred_p_value};
pub use prefix::PrefixSums;
