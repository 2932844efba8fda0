//! Tick engine: history or a simulator against a strategy, in exchange time, with latency, queues and fees.

mod error;
mod order;
pub mod own;
mod venue;

pub use error::Error;
pub use order::{Liquidity, Op, OrderType, Outcome, Refusal, Report, Request, Tif};
pub use venue::{Stopped, Venue};
