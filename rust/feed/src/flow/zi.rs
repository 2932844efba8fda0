use quantrl_lob::{Nanos, Side};
use quantrl_rng::Key;

use super::settings::{rate, some};
use super::{BookView, Flow, Msg, Noise, wait};
use crate::error::Error;

/// Zero intelligence, the "Santa Fe" model: Daniels, Farmer, Gillemot, Iori and Smith (2003), cond-mat/0112422; Smith,
/// Farmer, Gillemot and Krishnamurthy (2003), cond-mat/0210475. Orders of one size come at random prices up to the
/// opposite touch, are taken at random and leave at random.
#[derive(Clone, Debug)]
pub struct Zi {
    limit: f64,
    market: f64,
    cancel: f64,
    size: u32,
    window: u32,
    noise: Noise,
}

impl Zi {
    /// Rates per second: `limit` orders a tick and side, `market` orders a side, `cancel` of each order. `size` lots
    /// an order; prices from the opposite touch to `window` ticks behind it.
    ///
    /// # Errors
    /// A rate that is negative or not finite, no rate at all, or a size or window of 0.
    pub fn new(
        key: Key,
        episode: u64,
        [limit, market, cancel]: [f64; 3],
        size: u32,
        window: u32,
    ) -> Result<Self, Error> {
        if size == 0 || !(1..=100_000).contains(&window) {
            return Err(Error::config(
                "size and window",
                "above 0, window to 100000",
                format_args!("{size}, {window}"),
            ));
        }
        some("limit", rate("limit", limit)?)?;
        Ok(Self {
            limit,
            market: rate("market", market)?,
            cancel: rate("cancel", cancel)?,
            size,
            window,
            noise: Noise::new(key, episode),
        })
    }

    /// The mean spread that dimensional analysis with two fitted constants gives, in ticks: a report, not a law.
    pub fn predicted_spread(&self) -> f64 {
        // Market orders of both sides, in lots; limits in lots a tick: the paper's mu, alpha and sigma.
        let size = f64::from(self.size);
        let (mu, alpha) = (self.market * size, self.limit * size);
        let eps = size * self.cancel / mu;
        mu / alpha * (0.28 + 1.86 * libm::pow(eps, 0.75))
    }

    /// The next message with so many times as many buyers and sellers in a hurry.
    pub(super) fn tilted(&mut self, tilt: [f64; 2], book: &BookView<'_>, out: &mut Vec<Msg>) -> Nanos {
        let mut draws = self.noise.next();
        let orders = Side::BOTH.map(|side| book.queues(side).map(|(_, count)| u64::from(count)).sum::<u64>());
        let limits = self.limit * f64::from(self.window);
        let cancels = self.cancel * (orders[0] + orders[1]) as f64;
        let markets = tilt.map(|tilt| tilt * self.market);
        let total = 2.0 * (limits + 0.5 * (markets[0] + markets[1])) + cancels;
        let time = wait(total, &mut draws);
        let mut at = draws.uniform() * total;
        for side in Side::BOTH {
            if at < limits {
                let distance = 1 + draws.below(u64::from(self.window)) as u32;
                out.push(Msg::Limit { side, tick: book.at(side, distance), qty: self.size });
                return time;
            }
            at -= limits;
            let market = markets[side as usize];
            if at < market {
                out.push(Msg::Market { side, qty: self.size });
                return time;
            }
            at -= market;
        }
        let mut nth = draws.below((orders[0] + orders[1]).max(1));
        for side in Side::BOTH {
            for (distance, count) in book.queues(side) {
                if nth < u64::from(count) {
                    out.extend(book.nth(side, distance, nth as u32).map(|slot| Msg::Cancel { slot }));
                    return time;
                }
                nth -= u64::from(count);
            }
        }
        time
    }
}

impl Flow for Zi {
    fn next(&mut self, _: Nanos, book: &BookView<'_>, out: &mut Vec<Msg>) -> Nanos {
        self.tilted([1.0; 2], book, out)
    }

    fn drawn(&self) -> u64 {
        self.noise.event
    }

    fn resume(&mut self, drawn: u64) {
        self.noise.event = drawn;
    }
}
