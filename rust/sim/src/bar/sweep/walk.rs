//! One account from trade to trade: what is held in between costs O(log n), whatever its length.

use crate::bar::kernel::{CASH_NOISE, ON_TARGET};
use crate::bar::sweep::family::Signals;
use crate::bar::sweep::range_tree::RangeTree;
use crate::bar::{BarConfig, Costs};

/// Prices of one instrument with everything that walks share.
#[derive(Debug)]
pub struct Path<'a> {
    close: &'a [f64],
    price: &'a [f64],
    delay: usize,
    tree: RangeTree,
    /// Sums of returns, and of their squares, up to each bar.
    sums: Vec<[f64; 2]>,
    blocks: usize,
    block_of: Vec<u16>,
    buy: f64,
    sell: f64,
    fixed: f64,
    minimum: f64,
    cash: f64,
}

/// Measures of one walk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Equity at the end over that at the start, less 1.
    pub total: f64,
    /// Mean return over standard deviation (n - 1), per bar; NaN where returns do not vary.
    pub sharpe: f64,
    /// Deepest fall from a peak, at most 0; the first peak is the starting cash.
    pub max_drawdown: f64,
    /// Positions opened.
    pub trades: u32,
}

/// A sum of squares this small a part of the one before centring is rounding noise.
const SPREAD_NOISE: f64 = 1e-14;

impl<'a> Path<'a> {
    /// `close` marks positions, `price` fills orders; both are known on every bar. O(n).
    pub fn new(config: &BarConfig, close: &'a [f64], price: &'a [f64], blocks: usize) -> Self {
        let mut sum = [0.0; 2];
        let mut sums = vec![sum];
        for pair in close.windows(2) {
            let r = pair[1] / pair[0] - 1.0;
            sum = [sum[0] + r, sum[1] + r * r];
            sums.push(sum);
        }
        let bars = close.len();
        let block_of = (0..blocks).flat_map(|block| {
            let length = (block + 1) * bars / blocks - block * bars / blocks;
            std::iter::repeat_n(block as u16, length)
        });
        let Costs { fixed, minimum, .. } = config.costs;
        let [buy, sell] = config.costs.sides(0);
        Self {
            close,
            price,
            delay: usize::from(!config.fill.same_bar()),
            tree: RangeTree::new(close),
            sums,
            blocks,
            block_of: block_of.collect(),
            buy,
            sell,
            fixed,
            minimum,
            cash: config.initial_cash,
        }
    }

    fn cost(&self, rate: f64, value: f64) -> f64 {
        (self.fixed + rate * value).max(self.minimum)
    }

    /// Value that `cash` buys at the reference price when it pays for the order too.
    fn affordable(&self, cash: f64) -> f64 {
        let value = (cash - self.fixed) / (1.0 + self.buy);
        if self.fixed + self.buy * value < self.minimum { cash - self.minimum } else { value }
    }

    /// Trade on `signals`; `blocks` gets the sum of returns and of their squares of each block. O(trades log n).
    pub fn walk(&self, signals: &Signals, blocks: &mut [f64]) -> Outcome {
        blocks.fill(0.0);
        let mut walk = Walk {
            path: self,
            cash: self.cash,
            units: 0.0,
            peak: self.cash,
            worst: 1.0,
            sums: [0.0; 2],
            trades: 0,
            blocks,
        };
        let mut from = signals.start();
        while let Some(entry) = from.and_then(|from| signals.entry(from)) {
            if !walk.enter(entry + self.delay) {
                from = signals.exit(entry + 1).map(|exit| exit + 1);
                continue;
            }
            let mut held = entry + self.delay;
            let mut exit = signals.exit(entry + 1);
            loop {
                let Some(at) = exit.map(|exit| exit + self.delay).filter(|&at| at < self.close.len()) else {
                    walk.hold(held, self.close.len() - 1);
                    return walk.outcome();
                };
                walk.hold(held, at - 1);
                if walk.leave(at) {
                    break;
                }
                held = at - 1;
                exit = exit.and_then(|exit| signals.exit_again(exit));
            }
            from = exit.map(|exit| exit + 1);
        }
        walk.outcome()
    }
}

struct Walk<'a> {
    path: &'a Path<'a>,
    cash: f64,
    units: f64,
    peak: f64,
    worst: f64,
    sums: [f64; 2],
    trades: u32,
    blocks: &'a mut [f64],
}

impl Walk<'_> {
    /// Buy for all the cash, if there is such a bar and the cash pays for the order.
    fn enter(&mut self, at: usize) -> bool {
        let (path, before) = (self.path, self.cash);
        let value = path.affordable(before);
        if at >= path.close.len() || value <= ON_TARGET * before {
            return false;
        }
        self.units = value / path.price[at];
        self.cash = 0.0;
        self.trades += 1;
        self.bar(at, before, self.units * path.close[at]);
        true
    }

    /// Sell everything, if that brings in more than it costs.
    fn leave(&mut self, at: usize) -> bool {
        let path = self.path;
        let value = self.units * path.price[at];
        let cash = value - path.cost(path.sell, value);
        if cash < -CASH_NOISE * value {
            return false;
        }
        let before = self.units * path.close[at - 1];
        (self.cash, self.units) = (cash.max(0.0), 0.0);
        self.bar(at, before, self.cash);
        true
    }

    /// A bar on which something was traded.
    fn bar(&mut self, at: usize, before: f64, after: f64) {
        let r = after / before - 1.0;
        self.add(usize::from(self.path.block_of[at]), [r, r * r]);
        self.peak = self.peak.max(after);
        self.worst = self.worst.min(after / self.peak);
    }

    /// Bars after `from` to `to`, both held at their closes.
    fn hold(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let path = self.path;
        let range = path.tree.range(from + 1, to + 1);
        let (top, bottom) = (self.units * range.max, self.units * range.min);
        // The least of E / max(peak, highest so far) is the lesser of both: each bar takes its own higher peak.
        self.worst = self.worst.min(range.worst).min(bottom / self.peak);
        self.peak = self.peak.max(top);
        let (mut at, last) = (from, usize::from(path.block_of[to]));
        for block in usize::from(path.block_of[from + 1])..=last {
            let end = if block == last { to } else { (block + 1) * path.close.len() / path.blocks - 1 };
            let [after, before] = [path.sums[end], path.sums[at]];
            self.add(block, [after[0] - before[0], after[1] - before[1]]);
            at = end;
        }
    }

    fn add(&mut self, block: usize, part: [f64; 2]) {
        for (k, part) in part.into_iter().enumerate() {
            self.sums[k] += part;
            self.blocks[2 * block + k] += part;
        }
    }

    fn outcome(&self) -> Outcome {
        let path = self.path;
        let (n, [sum, squares]) = (path.close.len() as f64, self.sums);
        let equity = self.cash + self.units * path.close[path.close.len() - 1];
        let spread = squares - sum * sum / n;
        let varies = n > 1.0 && spread > SPREAD_NOISE * squares;
        Outcome {
            total: equity / path.cash - 1.0,
            sharpe: if varies { sum / n / (spread / (n - 1.0)).sqrt() } else { f64::NAN },
            max_drawdown: self.worst - 1.0,
            trades: self.trades,
        }
    }
}
