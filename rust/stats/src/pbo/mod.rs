//! Probability of backtest overfitting by combinatorially symmetric cross-validation: Bailey, Borwein, Lopez de Prado
//! and Zhu (2015), The probability of backtest overfitting, J. Computational Finance.

mod halves;
mod sums;

pub use halves::{RevolvingDoor, Swap};
pub use sums::{BlockSums, HalfSums};

/// Sums are made anew after so many swaps, which bounds their rounding.
const REBUILD: usize = 256;

/// What the best of each half did in the other half; one entry per half in which every ratio is defined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overfitting {
    /// ln(w / (1 - w)), w = rank out of sample of the best in sample / (columns + 1).
    pub logits: Vec<f64>,
    /// Sharpe ratio per period of the best, in sample.
    pub inside: Vec<f64>,
    /// The same column out of sample.
    pub outside: Vec<f64>,
    /// Halves without an entry, because some column does not vary in them or in their complement.
    pub left_out: usize,
}

impl Overfitting {
    /// All C(blocks, blocks / 2) halves, `blocks` even. O(C(blocks, blocks / 2) k).
    pub fn of(sums: &BlockSums) -> Self {
        let (blocks, k) = (sums.blocks(), sums.columns());
        let mut door = RevolvingDoor::new(blocks, blocks / 2);
        let (mut inside, mut outside) = halves(sums, &door);
        let (mut ours, mut theirs) = (vec![0.0; k], vec![0.0; k]);
        let mut made = Self::default();
        for done in 1.. {
            inside.sharpe(&mut ours);
            outside.sharpe(&mut theirs);
            made.push(&ours, &theirs);
            let Some(Swap { out, into }) = door.next() else { break };
            if done % REBUILD == 0 {
                (inside, outside) = halves(sums, &door);
                continue;
            }
            for (half, out, into) in [(&mut inside, out, into), (&mut outside, into, out)] {
                half.shift(out, -1.0);
                half.shift(into, 1.0);
            }
        }
        made
    }

    /// Share of the logits that are at most 0; NaN of none.
    pub fn probability(&self) -> f64 {
        share(&self.logits, |logit| logit <= 0.0)
    }

    /// Share of the halves whose best has a ratio below 0 out of sample; NaN of none.
    pub fn loss(&self) -> f64 {
        share(&self.outside, |sharpe| sharpe < 0.0)
    }

    /// Least-squares slope of the ratios out of sample on those in sample; NaN where the latter do not vary.
    pub fn slope(&self) -> f64 {
        let n = self.inside.len() as f64;
        let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
        let (x0, y0) = (mean(&self.inside), mean(&self.outside));
        let (xy, xx) = self
            .inside
            .iter()
            .zip(&self.outside)
            .fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + (x - x0) * (y - y0), xx + (x - x0) * (x - x0)));
        if xx > 0.0 { xy / xx } else { f64::NAN }
    }

    fn push(&mut self, ours: &[f64], theirs: &[f64]) {
        if ours.iter().chain(theirs).any(|sharpe| sharpe.is_nan()) {
            self.left_out += 1;
            return;
        }
        let best = (1..ours.len()).fold(0, |best, j| if ours[j] > ours[best] { j } else { best });
        let rank = middle_rank(theirs, theirs[best]);
        self.logits.push(libm::log(rank / (ours.len() as f64 + 1.0 - rank)));
        self.inside.push(ours[best]);
        self.outside.push(theirs[best]);
    }
}

fn halves<'a>(sums: &'a BlockSums, door: &RevolvingDoor) -> (HalfSums<'a>, HalfSums<'a>) {
    let chosen = door.chosen();
    let rest = (0..sums.blocks()).filter(|block| !chosen.contains(block));
    (HalfSums::new(sums, chosen.iter().copied()), HalfSums::new(sums, rest))
}

/// 1 for the lowest; equals share the middle of their places.
fn middle_rank(x: &[f64], value: f64) -> f64 {
    let below = x.iter().filter(|&&v| v < value).count();
    let equal = x.iter().filter(|&&v| v == value).count();
    below as f64 + (equal as f64 + 1.0) / 2.0
}

fn share(x: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    x.iter().filter(|&&v| holds(v)).count() as f64 / x.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        ((i * 7919 + i * i * 31) % 1009) as f64 * 1e-3 - 0.504
    }

    #[test]
    fn one_true_best_is_never_overfitted() {
        let returns: Vec<f64> =
            (0..800).map(|i| noise(i) * 0.01 + if i % 4 == 2 { 0.02 } else { 0.0 }).collect();
        let made = Overfitting::of(&BlockSums::new(&returns, 4, 8));
        assert_eq!((made.logits.len(), made.probability(), made.loss()), (70, 0.0, 0.0));
        assert!(made.logits.iter().all(|logit| (logit - 4f64.ln()).abs() < 1e-15));
    }

    #[test]
    fn gains_that_cancel_are_always_overfitted() {
        // Column j gains in one half of the blocks what it loses in the other: the best inside is the worst outside.
        let sign = |block: usize, j: usize| if (block >> j) & 1 == 0 { 1.0 } else { -1.0 };
        let returns: Vec<f64> =
            (0..16 * 30 * 2).map(|i| noise(i) * 1e-4 + 0.01 * sign(i / 60, i % 2)).collect();
        let made = Overfitting::of(&BlockSums::new(&returns, 2, 16));
        assert_eq!(made.logits.len(), 12_870);
        assert!(made.slope() < -0.9, "{}", made.slope());
        let clear = || made.inside.iter().zip(&made.outside).filter(|(inside, _)| **inside > 0.1);
        assert!(clear().count() > 6_000 && clear().all(|(_, outside)| *outside < -0.1));
        assert!(made.probability() > 0.8, "{}", made.probability());
    }

    #[test]
    fn equals_share_the_middle() {
        assert_eq!(middle_rank(&[1.0, 2.0, 2.0, 3.0], 2.0), 2.5);
        let twins: Vec<f64> = (0..80).flat_map(|i| [noise(i), noise(i)]).collect();
        let made = Overfitting::of(&BlockSums::new(&twins, 2, 4));
        assert_eq!((made.logits, made.left_out), (vec![0.0; 6], 0));
    }

    #[test]
    fn halves_without_a_ratio_are_counted() {
        let returns: Vec<f64> =
            (0..80).flat_map(|i| [noise(i), if i < 40 { 0.0 } else { noise(i) }]).collect();
        let made = Overfitting::of(&BlockSums::new(&returns, 2, 4));
        assert_eq!((made.left_out, made.logits.len()), (2, 4));
    }
}
