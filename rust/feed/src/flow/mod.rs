//! Simulators of order flow. Each is a Markov chain on the live book: whoever trades in it changes what comes next.
//!
//! Every event draws from its own address (key, event number), so two forks of a market meet the same noise.

mod anchor;
mod cst;
mod endless;
mod market;
mod settings;
mod simulate;
mod view;
mod zi;

pub use anchor::{Anchored, Paths, Reference};
pub use cst::Cst;
pub use endless::Endless;
pub use settings::Opening;
pub use simulate::{Span, simulate, simulate_until};
pub use view::BookView;
pub use zi::Zi;

use quantrl_lob::{Nanos, Side};
use quantrl_rng::{Channel, Counter, Draws, Key};

/// What a flow does to the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    /// A new order that rests.
    Limit {
        /// Side.
        side: Side,
        /// Price.
        tick: i32,
        /// Lots.
        qty: u32,
    },
    /// Lots taken from the other side, best first.
    Market {
        /// Side of the taker.
        side: Side,
        /// Lots.
        qty: u32,
    },
    /// The order in a slot leaves.
    Cancel {
        /// Slot.
        slot: u32,
    },
}

/// A source of orders.
pub trait Flow {
    /// The next messages, given the time of the last ones and the book as it is, and how long they take to come.
    fn next(&mut self, now: Nanos, book: &BookView<'_>, out: &mut Vec<Msg>) -> Nanos;

    /// Calls of `next` so far, which is all a flow remembers.
    fn drawn(&self) -> u64;

    /// As after so many calls.
    fn resume(&mut self, drawn: u64);
}

/// Numbers of one event.
#[derive(Clone, Debug)]
struct Noise {
    key: Key,
    episode: u64,
    event: u64,
}

impl Noise {
    fn new(key: Key, episode: u64) -> Self {
        Self { key, episode, event: 0 }
    }

    fn next(&mut self) -> Draws {
        let counter =
            Counter { block: 0, draw: self.event, channel: Channel::Synthetic, episode: self.episode };
        self.event += 1;
        Draws::new(self.key, counter)
    }
}

/// An exponential waiting time at `rate` per second, at least 1 ns.
fn wait(rate: f64, draws: &mut Draws) -> Nanos {
    let seconds = -libm::log(draws.uniform_open()) / rate;
    Nanos((seconds * 1e9).clamp(1.0, 9e18) as i64)
}
