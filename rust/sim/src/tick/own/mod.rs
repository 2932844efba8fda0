//! Own orders at the exchange, against a history that never learns of them.

mod config;
mod ghost;
mod l2queue;
mod model;

pub use config::{FillRule, OwnConfig, Remainder, ThroughRule};
pub use ghost::Ghost;
pub use l2queue::L2Queue;
pub use model::QueueModel;
