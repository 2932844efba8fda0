//! Own orders at the exchange, over a history that never learns of them.
//!
//! [`Ghost`] stands in the queues of an order-by-order file, [`L2Queue`] in estimated queues of a file of level sums.

pub mod calibrate;
mod config;
mod desk;
mod either;
mod fitted;
mod front;
mod ghost;
mod history;
mod l2queue;
mod ledger;
mod model;
mod orders;
mod power;
mod queues;
mod replayed;
mod saved;
mod sums;

pub(crate) use replayed::replayed;

pub use config::{FillRule, OwnConfig, Remainder, ThroughRule};
pub use either::{Mode, Own};
pub use fitted::{Fitted, SHARES, SIZES};
pub use ghost::Ghost;
pub use l2queue::L2Queue;
pub use ledger::Taken;
pub use model::QueueModel;
