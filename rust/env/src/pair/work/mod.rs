//! Orders worked between decisions: sent, rested, hedged, chased, unwound, in the time of exchange and trader.
//!
//! [`Broker`] is the trader's side and moves by what it is told; [`Floors`] are the exchange's, over recorded events.

mod broker;
mod exchange;
mod floor;
mod line;
mod plan;
mod quote;
mod saved;
mod steps;
mod terms;
#[cfg(test)]
pub(super) mod tests;

pub use broker::{Broker, Hall};
pub use floor::Floors;
pub use line::News;
pub use terms::{QUEUES, TimeOut, Work};
