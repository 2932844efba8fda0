//! Trading on a clock: dynamic programming on a grid of 801 spreads and three positions.

use crate::normal::cdf;
use crate::ou::step_deviation;

const POINTS: usize = 801;
const CENTRE: usize = POINTS / 2;
/// The grid spans +-5 s.
const WIDTH: f64 = 10.0 / (POINTS - 1) as f64;
/// Cells beyond so many deviations of a step hold less than 1e-18.
const REACH: f64 = 9.0;
const POSITIONS: [f64; 3] = [-1.0, 0.0, 1.0];
/// The gain is known to so much of kappa s.
const PRECISION: f64 = 1e-9;
const MOST_SWEEPS: usize = 200_000;

/// How positions are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// The best there is.
    Optimal,
    /// -1 at x >= a, +1 at x <= -a, hold between.
    Threshold(f64),
}

/// Long-run result of a policy on a clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clocked {
    /// Mean gain per unit of time, in kappa s.
    pub value: f64,
    /// Spread, in s, above which a long position is turned; of a threshold policy its own.
    pub threshold: f64,
    /// Whether the policy ever goes flat from a position.
    pub rests: bool,
}

struct Row {
    first: usize,
    weights: Vec<f64>,
}

/// Exact Gaussian mass of every cell after one step; the outer cells reach to infinity.
fn transitions(kappa_dt: f64) -> Vec<Row> {
    let (phi, sd) = (libm::exp(-kappa_dt), step_deviation(kappa_dt));
    let cell = |x: f64| libm::floor(x / WIDTH + CENTRE as f64 + 0.5).clamp(0.0, (POINTS - 1) as f64) as usize;
    (0..POINTS)
        .map(|i| {
            let mean = phi * point(i);
            let (first, last) = (cell(mean - REACH * sd), cell(mean + REACH * sd));
            let edge = |j: usize| match j {
                0 => 0.0,
                POINTS => 1.0,
                _ => cdf((point(j) - 0.5 * WIDTH - mean) / sd),
            };
            let mut weights: Vec<f64> = (first..=last).map(|j| edge(j + 1) - edge(j)).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            Row { first, weights }
        })
        .collect()
}

fn point(i: usize) -> f64 {
    (i as f64 - CENTRE as f64) * WIDTH
}

/// Value of a policy where decisions are Delta apart, by relative value iteration. About a second at kappa Delta = 0.02.
///
/// # Panics
/// Never for kappa Delta > 0 and k >= 0.
pub fn on_clock(kappa_dt: f64, k: f64, policy: Policy) -> Clocked {
    let rows = transitions(kappa_dt);
    let drift = libm::expm1(-kappa_dt);
    let mut values = vec![[0.0_f64; 3]; POINTS];
    let mut ahead = values.clone();
    let mut gain = 0.0;
    for _ in 0..MOST_SWEEPS {
        for (row, ahead) in rows.iter().zip(&mut ahead) {
            let mut sums = [0.0; 3];
            for (w, v) in row.weights.iter().zip(&values[row.first..]) {
                for p in 0..3 {
                    sums[p] += w * v[p];
                }
            }
            *ahead = sums;
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let base = best(0.0, drift, k, &ahead[CENTRE], 1, policy).1;
        for (i, old) in values.iter_mut().enumerate() {
            for (p, old) in old.iter_mut().enumerate() {
                let new = best(point(i), drift, k, &ahead[i], p, policy).1;
                let change = new - *old;
                (low, high) = (low.min(change), high.max(change));
                *old = new;
            }
        }
        gain = 0.5 * (low + high);
        if high - low < PRECISION * kappa_dt {
            break;
        }
        // Only differences count; without this the numbers would grow with every sweep.
        values.iter_mut().flatten().for_each(|v| *v -= base);
    }
    let choice = |i: usize, p: usize| best(point(i), drift, k, &ahead[i], p, policy).0;
    let rests = (0..POINTS).any(|i| choice(i, 0) == 1 || choice(i, 2) == 1);
    let threshold = match policy {
        Policy::Threshold(a) => a,
        Policy::Optimal => turning(|i| worth_turning(point(i), drift, k, &ahead[i])),
    };
    Clocked { value: gain / kappa_dt, threshold, rests }
}

/// Position taken from `held`, and what it is worth: gain, cost and everything after.
fn best(x: f64, drift: f64, k: f64, ahead: &[f64; 3], held: usize, policy: Policy) -> (usize, f64) {
    let worth = |p: usize| POSITIONS[p] * drift * x - k * (POSITIONS[p] - POSITIONS[held]).abs() + ahead[p];
    match policy {
        Policy::Threshold(a) => {
            let taken = if x >= a {
                0
            } else if x <= -a {
                2
            } else {
                held
            };
            (taken, worth(taken))
        }
        // Ties stay where they are.
        Policy::Optimal => {
            let start = (held, worth(held));
            (0..3).map(|p| (p, worth(p))).fold(start, |best, next| if next.1 > best.1 { next } else { best })
        }
    }
}

/// What turning from +1 to -1 gains at x.
fn worth_turning(x: f64, drift: f64, k: f64, ahead: &[f64; 3]) -> f64 {
    -2.0 * drift * x - 2.0 * k + ahead[0] - ahead[2]
}

/// Where a function of the upper half of the grid turns positive, between points.
fn turning(of: impl Fn(usize) -> f64) -> f64 {
    let mut before = of(CENTRE);
    if before >= 0.0 {
        return 0.0;
    }
    for i in CENTRE + 1..POINTS {
        let now = of(i);
        if now >= 0.0 {
            return point(i - 1) + WIDTH * before / (before - now);
        }
        before = now;
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimum_turns_and_never_rests() {
        let best = on_clock(1.0, 0.2, Policy::Optimal);
        assert!(!best.rests && best.threshold > 0.0, "{best:?}");
        let rule = |a: f64| on_clock(1.0, 0.2, Policy::Threshold(a)).value;
        let own = rule(best.threshold);
        assert!((own - best.value).abs() < 1e-3, "{own} {best:?}");
        assert!(rule(best.threshold + 0.3) < own);
    }

    #[test]
    fn rows_are_distributions() {
        for row in transitions(0.2) {
            assert!((row.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(row.weights.iter().all(|w| *w >= 0.0));
        }
    }
}
