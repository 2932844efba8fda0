//! Two books around ln mid = m +- x/2, with a tick of 0.1 bp at a price of 100 and five levels that move with the mid.

use crate::pair::config::{Settings, Theta};
use crate::pair::world::Quote;

/// Ticks of a price of 100.
pub const TICKS: f64 = 1e5;
/// Standard deviation of a step of m.
pub const COMMON_SD: f64 = 2e-4;

/// Half-spread in ticks: a quarter of k on each leg, the rest is fees.
pub fn half_ticks(settings: &Settings, mult: f64) -> i64 {
    libm::round(0.25 * settings.cost * TICKS * mult) as i64
}

/// Both books.
pub fn quotes(settings: &Settings, theta: &Theta, x: f64, common: f64) -> [Quote; 2] {
    let half = half_ticks(settings, theta.spread);
    let depth = (libm::round(settings.depth_units * libm::round(settings.notional)) as i64).max(1);
    [x, -x].map(|x| {
        let mid = libm::round(TICKS * libm::exp(common + 0.5 * x)) as i64;
        Quote { bid: mid - half, ask: mid + half, depth }
    })
}
