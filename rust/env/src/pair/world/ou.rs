//! The exact spread: dx = -kappa x dt + sigma dW, prices e^(x/2) and e^(-x/2), filled at mid.

use quantrl_rng::{Channel, Key};

use crate::pair::config::Settings;
use crate::pair::world::{Quote, State, draws};

/// Ticks of a price of 1.
pub const TICKS: f64 = 1e9;

/// x' = phi x + sigma_Delta times the normal of this decision.
pub fn step(settings: &Settings, key: Key, decision: u64, state: State) -> State {
    let noise = draws(key, Channel::PairSpread, decision).normal();
    State { y: settings.phi * state.y + settings.step_sd * noise, ..state }
}

/// Both mids.
pub fn quotes(x: f64) -> [Quote; 2] {
    [x, -x].map(|x| {
        let mid = libm::round(TICKS * libm::exp(0.5 * x)) as i64;
        Quote { bid: mid, ask: mid, depth: i64::MAX }
    })
}
