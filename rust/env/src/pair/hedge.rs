//! The hedge ratio: ln mid of the first leg on that of the second.

use crate::pair::features::{Joint, Ring};
use crate::pair::state::Words;

/// Where the ratio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HedgeKind {
    /// alpha 0 and beta 1.
    Fixed,
    /// A regression over the last W decisions.
    Rolling,
}

impl HedgeKind {
    /// Every kind with the name Python uses.
    pub const TABLE: [(&'static str, HedgeKind); 2] =
        [("fixed", HedgeKind::Fixed), ("rolling", HedgeKind::Rolling)];
}

/// Ratios outside of these hedge nothing: only flat is legal.
pub const USABLE: std::ops::RangeInclusive<f64> = 0.2..=5.0;

/// Coefficients as known after the last decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// Intercept.
    pub alpha: f64,
    /// Ratio.
    pub beta: f64,
    joint: Option<Joint>,
}

impl Hedge {
    /// alpha 0 and beta 1 until W decisions were seen.
    pub fn new(kind: HedgeKind, window: usize) -> Self {
        let joint = (kind == HedgeKind::Rolling).then(|| Joint::new(window));
        Self { alpha: 0.0, beta: 1.0, joint }
    }

    /// x_t = y - alpha - beta u with the coefficients of t - 1, which then take in (y, u).
    pub fn push(&mut self, first: &Ring, second: &Ring) -> f64 {
        let x = first.back(0) - self.alpha - self.beta * second.back(0);
        if let Some(joint) = &mut self.joint {
            joint.push(|i| [second.back(i), first.back(i)]);
            if joint.is_full() {
                self.beta = joint.slope();
                self.alpha = joint.means[1] - self.beta * joint.means[0];
            }
        }
        x
    }

    /// Distance from `train` in standard errors; 0 of a fixed ratio.
    pub fn distance(&self, train: f64) -> f64 {
        match self.joint.map(|joint| joint.slope_error()) {
            Some(error) if error > 0.0 => (self.beta - train) / error,
            _ => 0.0,
        }
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        super::state::put_reals(out, [self.alpha, self.beta]);
        if let Some(joint) = &self.joint {
            joint.save(out);
        }
    }

    pub(super) fn load(words: &mut Words<'_>, kind: HedgeKind, window: usize) -> Self {
        let (alpha, beta) = (words.real(), words.real());
        let joint = (kind == HedgeKind::Rolling).then(|| Joint::load(words, window));
        Self { alpha, beta, joint }
    }
}
