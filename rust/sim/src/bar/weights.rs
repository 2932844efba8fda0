//! An account known by its weights, for whoever needs growth and not currency: environments and replays.

use crate::bar::kernel::{Scratch, rebalance};
use crate::bar::lanes::{Lanes, get, padded, total, values, zeros};
use crate::bar::{Costs, Sizing};

/// How the weights of a bar become its growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// w.y: what a portfolio earns.
    Arithmetic,
    /// exp(sum w ln y): a weighted geometric mean, which no portfolio earns; for replays of arXiv 2412.18563.
    Geometric,
}

impl Growth {
    /// Every growth with the name a config uses.
    pub const TABLE: [(&'static str, Growth); 2] =
        [("arithmetic", Growth::Arithmetic), ("geometric", Growth::Geometric)];

    /// What the code released with arXiv 2412.18563 adds to the denominator of its drift and inside its logarithm.
    pub fn guard(self) -> f64 {
        if self == Growth::Geometric { 1e-7 } else { 0.0 }
    }
}

/// What one trade did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traded {
    /// mu: share of wealth left after costs.
    pub factor: f64,
    /// Bought plus sold, as a fraction of wealth before the trade.
    pub turnover: f64,
}

/// What is held in each name and in cash, in units that only their sum `total` gives a meaning: fractions of wealth are
/// taken where somebody asks for them, not on every bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    n: usize,
    cash: f64,
    held: Vec<Lanes>,
    total: f64,
}

impl Weights {
    /// All in cash.
    pub fn cash(n: usize) -> Self {
        Self { n, cash: 1.0, held: zeros(n), total: 1.0 }
    }

    /// Replace every weight, cash first; they must sum to 1.
    pub fn set(&mut self, weights: &[f64]) {
        self.cash = weights[0];
        self.held = padded(&weights[1..], 0.0);
        self.total = 1.0;
    }

    /// The numbers themselves, cash and total first: what `of_raw` takes, bit for bit.
    pub fn raw(&self) -> Vec<f64> {
        [self.cash, self.total].iter().chain(&values(&self.held)[..self.n]).copied().collect()
    }

    /// From `raw`; None where the numbers are no holdings.
    pub fn of_raw(raw: &[f64]) -> Option<Self> {
        let (&[cash, total], held) = raw.split_first_chunk::<2>()?;
        let sane = total > 0.0 && raw.iter().all(|v| v.is_finite() && *v >= 0.0);
        sane.then(|| Self { n: held.len(), cash, held: padded(held, 0.0), total })
    }

    /// Weight of cash.
    pub fn in_cash(&self) -> f64 {
        self.cash / self.total
    }

    /// Weights of the names.
    pub fn held(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        values(&self.held)[..self.n].iter().map(|v| v / self.total)
    }

    /// Weights of the names as f32.
    #[inline]
    pub fn write(&self, out: &mut [f32]) {
        let held = values(&self.held)[..self.n].iter().zip(out);
        // Normalised weights need no division, which costs as much as all the rest.
        if self.total == 1.0 {
            held.for_each(|(v, out)| *out = *v as f32);
        } else {
            held.for_each(|(v, out)| *out = (v / self.total) as f32);
        }
    }

    /// Weight of one name.
    pub fn of(&self, i: usize) -> f64 {
        get(&self.held, i) / self.total
    }

    /// Prices move by `relatives`: weights drift, and wealth grows by the factor returned. O(n).
    #[inline(always)]
    pub fn drift(&mut self, relatives: &[f64], growth: Growth) -> f64 {
        if growth == Growth::Geometric {
            return self.drift_geometric(relatives);
        }
        let (before, after) = (self.total, self.cash + total(self.grow(relatives)));
        self.total = after;
        after / before
    }

    /// exp(sum w ln y), and weights divided by their sum plus the guard of the released code.
    fn drift_geometric(&mut self, relatives: &[f64]) -> f64 {
        let logs: f64 = self.held().zip(relatives).map(|(w, &y)| w * libm::log(y)).sum();
        let sum = (self.cash + total(self.grow(relatives))) / self.total;
        self.rescale(self.total * (sum + Growth::Geometric.guard()));
        self.total = 1.0;
        libm::exp(logs)
    }

    fn grow(&mut self, relatives: &[f64]) -> Lanes {
        let mut sum = Lanes::ZERO;
        let (whole, rest) = relatives.as_chunks();
        for (held, y) in self.held.iter_mut().zip(whole) {
            *held *= Lanes::new(*y);
            sum += *held;
        }
        if !rest.is_empty() {
            let last = &mut self.held[whole.len()];
            let y = Lanes::new(std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(1.0)));
            *last *= y;
            sum += *last;
        }
        sum
    }

    /// Make the numbers held the weights themselves, as a saved state has them.
    pub fn normalise(&mut self) {
        if self.total != 1.0 {
            self.rescale(self.total);
            self.total = 1.0;
        }
    }

    fn rescale(&mut self, divisor: f64) {
        let scale = Lanes::splat(1.0 / divisor);
        self.held.iter_mut().for_each(|block| *block *= scale);
        self.cash /= divisor;
    }

    /// Trade to `target` weights of the names (NaN keeps the drifted one) where `price` is not NaN, by the engine's own
    /// `rebalance`. Where fees cannot be paid nothing happens. O(n) per Newton step.
    pub fn trade(
        &mut self,
        target: &[f64],
        price: &[f64],
        costs: &Costs,
        sizing: Sizing,
        scratch: &mut Scratch,
    ) -> Traded {
        let wealth = self.total;
        let done = rebalance(target, price, &self.held, wealth, costs, sizing, scratch);
        if done.unaffordable {
            return Traded { factor: 1.0, turnover: 0.0 };
        }
        let left = wealth - done.cost;
        let (budget, scale) = (Lanes::splat(done.budget), Lanes::splat(1.0 / left));
        let (mut traded, mut invested) = (Lanes::ZERO, Lanes::ZERO);
        for (held, names) in self.held.iter_mut().zip(&scratch.names) {
            let wanted = names.weight * budget;
            traded += (wanted - names.value).abs();
            // One of the two is 0: the value of a free name is all that is held.
            *held = (wanted + (*held - names.value)) * scale;
            invested += *held;
        }
        self.cash = (1.0 - total(invested)).max(0.0);
        self.total = 1.0;
        Traded { factor: left / wealth, turnover: total(traded) / wealth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bars filled at the next close, 25 bp, from cash: specification of the portfolio environment, 7.1.
    const RELATIVES: [[f64; 2]; 4] = [[1.01, 0.99], [0.98, 1.02], [1.03, 1.0], [0.97, 1.01]];
    const TARGETS: [[f64; 2]; 4] = [[0.5, 0.3], [0.3, 0.6], [0.5, 0.5], [0.0, 0.0]];

    fn wealth(growth: Growth, sizing: Sizing) -> f64 {
        let costs = Costs::new(0.0025, 0.0025, &[0.0; 2], 0.0, 0.0).unwrap();
        let (mut weights, mut scratch, mut value) = (Weights::cash(2), Scratch::new(2), 1.0);
        for (relatives, target) in RELATIVES.iter().zip(&TARGETS) {
            value *= weights.drift(relatives, growth);
            value *= weights.trade(target, &[1.0; 2], &costs, sizing, &mut scratch).factor;
        }
        value
    }

    #[test]
    fn golden_values() {
        let expect =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        expect(wealth(Growth::Geometric, Sizing::FirstOrder), 0.988_085_201_262_7);
        expect(wealth(Growth::Arithmetic, Sizing::FirstOrder), 0.988_528_700_898_8);
        expect(wealth(Growth::Arithmetic, Sizing::PostCost), 0.988_533_553_908_4);
    }

    #[test]
    fn weights_sum_to_one_and_holds_are_kept() {
        let costs = Costs::new(0.0025, 0.0025, &[0.0; 9], 0.0, 0.0).unwrap();
        let (mut weights, mut scratch) = (Weights::cash(9), Scratch::new(9));
        weights.trade(&[0.1; 9], &[1.0; 9], &costs, Sizing::PostCost, &mut scratch);
        weights.drift(&[1.1, 0.9, 1.0, 1.0, 1.2, 1.0, 1.0, 1.0, 0.8], Growth::Arithmetic);
        let before = weights.of(0);
        let mut target = [0.05; 9];
        target[0] = f64::NAN;
        let traded = weights.trade(&target, &[1.0; 9], &costs, Sizing::PostCost, &mut scratch);
        assert!((weights.of(0) * traded.factor - before).abs() < 1e-15);
        assert!((weights.in_cash() + weights.held().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(traded.turnover > 0.0 && traded.factor < 1.0);
    }
}
