//! Block M of a recorded leg: its book and its order flow, nine numbers a decision.

use crate::pair::features::clipped;
use crate::pair::tape::flow::Flow;
use crate::pair::tape::touch::{Level, Touch};

/// Decisions of the longer flow.
const LONG: usize = 20;

/// Everything of one session up to the last decision, as sums from its start.
#[derive(Clone, Debug, Default)]
pub struct Micro {
    flows: Vec<Flow>,
    depths: Vec<i64>,
    window: usize,
}

impl Micro {
    /// Means over `window` decisions.
    pub fn new(window: usize) -> Self {
        Self { window, flows: vec![Flow::default()], depths: vec![0] }
    }

    /// One more decision: the book it sees and what happened since the last one.
    pub fn push(&mut self, touch: &Touch, flow: Flow) {
        let lots = touch.sides.iter().map(|side| i64::from(side[0].lots)).sum::<i64>();
        self.flows.push(self.flows[self.flows.len() - 1].plus(flow));
        self.depths.push(self.depths[self.depths.len() - 1].saturating_add(lots));
    }

    /// Sum of a column over the last n decisions and how many there were.
    fn sum(&self, n: usize, column: fn(&Flow) -> i64) -> (f64, f64) {
        let end = self.flows.len() - 1;
        let start = end.saturating_sub(n);
        ((column(&self.flows[end]) - column(&self.flows[start])) as f64, (end - start) as f64)
    }

    /// After the half-spread: imbalance of the touch and of five levels; flow over 1 and 20 decisions in mean depths;
    /// micro-price gap; signed share of 20 decisions' volume; ln of that volume and of the event rate against their means
    /// over W. The touch has both sides.
    pub fn write(&self, touch: &Touch, out: &mut [f32]) {
        let end = self.depths.len() - 1;
        let rows = end.min(self.window);
        // Both sides are counted: half of the sum is the mean depth of one.
        let depth = (self.depths[end] - self.depths[end - rows]) as f64 / (2 * rows) as f64;
        let [one, long] = [1, LONG].map(|n| self.sum(n, |flow| flow.imbalance).0);
        let (volume, held) = self.sum(LONG, |flow| flow.volume);
        let (usual, rows) = self.sum(self.window, |flow| flow.volume);
        let (events, all) = self.sum(self.window, |flow| flow.events);
        let shown = [
            imbalance(lots(touch, |level| if level == 0 { 1.0 } else { 0.0 })),
            imbalance(lots(touch, |level| libm::exp(-0.5 * level as f64))),
            one / depth,
            long / depth,
            gap(touch),
            if volume > 0.0 { self.sum(LONG, |flow| flow.signed).0 / volume } else { 0.0 },
            log_ratio(volume / held, usual / rows),
            log_ratio(self.sum(1, |flow| flow.events).0, events / all),
        ];
        out.iter_mut().zip(shown).for_each(|(out, value)| *out = clipped(value));
    }
}

/// Weighted lots of both sides.
fn lots(touch: &Touch, weight: impl Fn(usize) -> f64) -> [f64; 2] {
    touch.sides.map(|side| side.iter().enumerate().map(|(i, level)| weight(i) * f64::from(level.lots)).sum())
}

fn imbalance([bids, asks]: [f64; 2]) -> f64 {
    (bids - asks) / (bids + asks)
}

/// Distance of the micro-price of five levels from the mid, in half-spreads: each side's mean price weighs the other's lots.
fn gap(touch: &Touch) -> f64 {
    let [bids, asks] = lots(touch, |_| 1.0);
    let mean = |side: usize, lots: f64| {
        let value = |level: &Level| f64::from(level.tick) * f64::from(level.lots);
        touch.sides[side].iter().map(value).sum::<f64>() / lots
    };
    let micro = (asks * mean(0, bids) + bids * mean(1, asks)) / (bids + asks);
    let [bid, ask] = touch.sides.map(|side| f64::from(side[0].tick));
    (2.0 * micro - bid - ask) / (ask - bid)
}

/// ln a / b: at the clip's end where nothing happened, 0 where nothing ever did.
fn log_ratio(a: f64, b: f64) -> f64 {
    match (a > 0.0, b > 0.0) {
        (true, true) => libm::log(a / b),
        (false, true) => f64::NEG_INFINITY,
        _ => 0.0,
    }
}
