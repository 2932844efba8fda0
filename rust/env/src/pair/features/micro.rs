//! Block M: one leg's book.

use crate::pair::config::Settings;
use crate::pair::features::clipped;
use crate::pair::state::{Words, put, put_reals};
use crate::pair::world::Quote;

const LONG: usize = 20;

/// Order-flow imbalance of one leg, in mean depths: now, and of the last 20 decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    last: Quote,
    rows: [f64; LONG],
    at: usize,
}

impl Flow {
    /// One more quote; the first of all has no flow. Cont, Kukanov and Stoikov (2014), J. Financial Econometrics 12(1).
    pub fn push(&mut self, quote: &Quote, counts: bool) {
        let e = if counts { flow(&self.last, quote) } else { 0.0 };
        self.at = (self.at + 1) % LONG;
        self.rows[self.at] = e;
        self.last = *quote;
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        let quote = [self.last.bid, self.last.ask, self.last.depth].map(|value| value as u64);
        put(out, quote.into_iter().chain([self.at as u64]));
        put_reals(out, self.rows);
    }

    pub(super) fn load(words: &mut Words<'_>) -> Self {
        let last = Quote { bid: words.signed(), ask: words.signed(), depth: words.signed() };
        let at = (words.whole() as usize) % LONG;
        Self { last, rows: std::array::from_fn(|_| words.real()), at }
    }
}

/// e = 1[Pb >= Pb-] qb - 1[Pb <= Pb-] qb- - 1[Pa <= Pa-] qa + 1[Pa >= Pa-] qa-, with equal depths in units of them.
fn flow(before: &Quote, now: &Quote) -> f64 {
    let unit = |holds: bool| f64::from(u8::from(holds));
    unit(now.bid >= before.bid) - unit(now.bid <= before.bid) - unit(now.ask <= before.ask)
        + unit(now.ask >= before.ask)
}

/// Half-spread / s; imbalance of the touch and of five levels; flow over 1 and 20 decisions; micro-price gap; trade flow;
/// ln volume and ln event rate against their means. Simulated books have equal depth on both sides and no trades but the
/// agent's, so that imbalance, gap, trades, volume and rate stand at 0.
pub fn write(settings: &Settings, flow: &Flow, quote: &Quote, out: &mut [f32]) {
    let half = (quote.ask - quote.bid) as f64 / quote.mid2() as f64;
    out.fill(0.0);
    out[0] = clipped(half / settings.s);
    out[3] = clipped(flow.rows[flow.at]);
    out[4] = clipped(flow.rows.iter().sum());
}
