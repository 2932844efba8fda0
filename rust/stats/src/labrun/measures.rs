use super::FIRST;
use crate::kendall::tau_b;
use crate::pools::{Flip, YEAR};

const EVERY: usize = 21;
const SPREAD_OUT: f64 = 1.5;

/// What one rule did on one pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Annual Sharpe ratio of daily net returns from the first decision on.
    pub sharpe: f64,
    /// Share of held agents with skill, mean over every 21st day; NaN where none was ever held.
    pub precision: f64,
    /// Kendall's tau-b of score and skill, over the same days; NaN where undefined.
    pub tau: f64,
    /// Turnover a year without the first move.
    pub turnover: f64,
    /// Largest loss from a peak of the compounded book, a negative fraction.
    pub drawdown: f64,
    /// Days after the flip from which each flipped agent stays unheld; NaN if it is held at the end.
    pub detection: Vec<f64>,
}

/// Days of one rule on one pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Net returns (days).
    pub daily: Vec<f64>,
    /// Weights (days, agents); empty unless asked for.
    pub weights: Vec<f64>,
}

/// Collects while a rule runs.
pub(super) struct Meter {
    pub path: Path,
    keep_weights: bool,
    flip: Option<Flip>,
    last_held: Vec<i64>,
    moved: f64,
    precision: (f64, f64),
    tau: (f64, f64),
}

impl Meter {
    pub fn new(days: usize, keep_weights: bool, flip: Option<Flip>) -> Self {
        let flip = flip.filter(|flip| flip.day < days);
        Self {
            path: Path { daily: Vec::with_capacity(days), weights: Vec::new() },
            keep_weights,
            flip,
            last_held: vec![-1; flip.map_or(0, |f| f.count)],
            moved: 0.0,
            precision: (0.0, 0.0),
            tau: (0.0, 0.0),
        }
    }

    pub fn day(&mut self, day: usize, weights: &[f64], moved: f64, net: f64) {
        self.path.daily.push(net);
        if self.keep_weights {
            self.path.weights.extend_from_slice(weights);
        }
        if day > FIRST {
            self.moved += moved;
        }
        if let Some(flip) = self.flip.filter(|flip| day >= flip.day) {
            let most = SPREAD_OUT / weights.len() as f64;
            for (last, weight) in self.last_held.iter_mut().zip(&weights[flip.first..]) {
                if *weight > most {
                    *last = (day - flip.day) as i64;
                }
            }
        }
    }

    /// Whether weights and scores of this day are compared with the truth: every 21st from the first decision on.
    pub fn compares(day: usize) -> bool {
        day >= FIRST && (day - FIRST).is_multiple_of(EVERY)
    }

    /// Compares with the truth.
    pub fn compare(&mut self, weights: &[f64], score: &[f64], truth: &[f64]) {
        let most = SPREAD_OUT / weights.len() as f64;
        let held = || weights.iter().zip(truth).filter(|(weight, _)| **weight > most);
        let count = held().count();
        if count > 0 {
            self.precision.0 += held().filter(|(_, skill)| **skill > 0.0).count() as f64 / count as f64;
            self.precision.1 += 1.0;
        }
        if truth.iter().all(|skill| *skill == truth[0]) || score.iter().all(|s| s.is_nan()) {
            return;
        }
        let (known, skill): (Vec<f64>, Vec<f64>) =
            score.iter().zip(truth).filter(|(s, _)| !s.is_nan()).unzip();
        let tau = tau_b(&known, &skill);
        if !tau.is_nan() {
            self.tau.0 += tau;
            self.tau.1 += 1.0;
        }
    }

    pub fn finish(self) -> (Measures, Path) {
        let book = self.path.daily.get(FIRST..).unwrap_or(&[]);
        let n = book.len() as f64;
        let mean = book.iter().sum::<f64>() / n;
        let variance = book.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n;
        let measures = Measures {
            sharpe: mean / variance.sqrt() * YEAR.sqrt(),
            precision: self.precision.0 / self.precision.1,
            tau: self.tau.0 / self.tau.1,
            turnover: self.moved / (n - 1.0) * YEAR,
            drawdown: drawdown(book),
            detection: self.detected(),
        };
        (measures, self.path)
    }

    fn detected(&self) -> Vec<f64> {
        let Some(flip) = self.flip else { return Vec::new() };
        let end = (self.path.daily.len() - flip.day - 1) as i64;
        self.last_held.iter().map(|&last| if last == end { f64::NAN } else { (last + 1) as f64 }).collect()
    }
}

fn drawdown(book: &[f64]) -> f64 {
    let (mut level, mut peak, mut worst) = (1.0f64, 1.0f64, 0.0f64);
    for r in book {
        level *= 1.0 + r;
        peak = peak.max(level);
        worst = worst.min(level / peak - 1.0);
    }
    worst
}
