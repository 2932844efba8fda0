//! An account known by its weights, for whoever needs growth and not currency: environments and replays.

use crate::bar::kernel::{Scratch, rebalance};
use crate::bar::lanes::{Lanes, each_block, get, padded, total, values, zeros};
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

/// Fractions of wealth in each name; the rest is cash. They always sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    n: usize,
    cash: f64,
    held: Vec<Lanes>,
}

impl Weights {
    /// All in cash.
    pub fn cash(n: usize) -> Self {
        Self { n, cash: 1.0, held: zeros(n) }
    }

    /// Replace every weight, cash first; they must sum to 1.
    pub fn set(&mut self, weights: &[f64]) {
        self.cash = weights[0];
        self.held = padded(&weights[1..], 0.0);
    }

    /// Weight of cash.
    pub fn in_cash(&self) -> f64 {
        self.cash
    }

    /// Weights of the names.
    pub fn held(&self) -> &[f64] {
        &values(&self.held)[..self.n]
    }

    /// Prices move by `relatives`: weights drift, and wealth grows by the factor returned. O(n).
    pub fn drift(&mut self, relatives: &[f64], growth: Growth) -> f64 {
        let held = &mut self.held;
        let logs =
            if growth == Growth::Geometric { held_logs(&values(held)[..self.n], relatives) } else { 0.0 };
        let mut sum = Lanes::ZERO;
        each_block(relatives, |k, y| {
            // Padding of the last block is NaN in a row and 0 in what is held.
            held[k] = y.is_nan().bitselect(Lanes::ZERO, held[k] * y);
            sum += held[k];
        });
        let factor = self.cash + total(sum);
        let scale = 1.0 / (factor + growth.guard());
        let lanes = Lanes::splat(scale);
        held.iter_mut().for_each(|block| *block *= lanes);
        self.cash *= scale;
        if growth == Growth::Geometric { libm::exp(logs) } else { factor }
    }

    /// Trade to `target` weights of the names (NaN keeps the drifted one) where `price` is not NaN, by the engine's own
    /// `rebalance` with wealth 1. Where fees cannot be paid nothing happens. O(n) per Newton step.
    pub fn trade(
        &mut self,
        target: &[f64],
        price: &[f64],
        costs: &Costs,
        sizing: Sizing,
        scratch: &mut Scratch,
    ) -> Traded {
        let done = rebalance(target, price, &self.held, 1.0, costs, sizing, scratch);
        if done.unaffordable {
            return Traded { factor: 1.0, turnover: 0.0 };
        }
        let factor = 1.0 - done.cost;
        let (budget, scale) = (Lanes::splat(done.budget), Lanes::splat(1.0 / factor));
        let (mut traded, mut invested) = (Lanes::ZERO, Lanes::ZERO);
        for (k, held) in self.held.iter_mut().enumerate() {
            let wanted = scratch.weight[k] * budget;
            traded += (wanted - scratch.value[k]).abs();
            *held = scratch.free[k].bitselect(wanted, *held) * scale;
            invested += *held;
        }
        self.cash = (1.0 - total(invested)).max(0.0);
        Traded { factor, turnover: total(traded) }
    }

    /// Weight of one name.
    pub fn of(&self, i: usize) -> f64 {
        get(&self.held, i)
    }
}

fn held_logs(held: &[f64], relatives: &[f64]) -> f64 {
    held.iter().zip(relatives).map(|(w, &y)| w * libm::log(y)).sum()
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
        assert!((weights.in_cash() + weights.held().iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(traded.turnover > 0.0 && traded.factor < 1.0);
    }
}
