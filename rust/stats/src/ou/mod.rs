//! The best way to trade an Ornstein-Uhlenbeck spread with a cost for every change of position.
//!
//! dx = -kappa x dt + sigma dW with stationary deviation s; positions in [-1, 1], cost k a unit, long-run mean. In units of
//! s here: a threshold `a` is a/s, a cost `k` is k/s, a value is per kappa s.

mod clock;
mod dawson;
mod threshold;

pub use clock::{Clocked, Policy, on_clock};
pub use dawson::dawson;
pub use threshold::{SHIFT, step_deviation, threshold, threshold_on_clock, value};
