//! The one random generator of quantrl: Philox4x64-10, addressed by (key, counter) and never advanced in secret.
//!
//! Two numbers with different addresses are independent for every purpose here, and an address gives the same
//! number on any thread, in any process and in any order.

mod channel;
mod normal;
mod philox;

pub use channel::Channel;
pub use normal::normal_quantile;
pub use philox::{Counter, Draws, Key, philox4x64};
