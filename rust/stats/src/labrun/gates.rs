use super::TARGET;
use super::copies::Copies;
use super::evidence::Evidence;
use super::rule::Settings;
use super::selectors::{Known, Row};
use crate::cusum;
use crate::normal::quantile;

const BAN: usize = 63;

/// Who may be funded: evidence of a positive mean, sudden losses, copies.
pub(super) struct Gates {
    enter: f64,
    stay: f64,
    cut: f64,
    returns: Evidence,
    cusum: Vec<f64>,
    until: Vec<usize>,
    copies: Option<Copies>,
}

impl Gates {
    pub fn new(n: usize, settings: &Settings) -> Self {
        let deviate = |p: f64| if p > 0.0 { quantile(p) } else { f64::NEG_INFINITY };
        Self {
            enter: deviate(settings.psr_enter),
            stay: deviate(settings.psr_stay),
            cut: settings.cusum_cut,
            returns: Evidence::new(n, settings.half_life),
            cusum: vec![0.0; n],
            until: vec![0; n],
            copies: (settings.copies <= 1.0).then(|| Copies::new(n, settings.copies)),
        }
    }

    pub fn reset(&mut self, slot: usize) {
        self.returns.reset(slot);
        self.cusum[slot] = 0.0;
        self.until[slot] = 0;
        if let Some(copies) = &mut self.copies {
            copies.reset(slot);
        }
    }

    pub fn fold(&mut self, row: &Row<'_>, age: &[usize], held: &[bool]) {
        if self.enter.max(self.stay) > f64::NEG_INFINITY {
            self.returns.fold(row.x, row.here, row.here);
        }
        for (i, _) in held.iter().enumerate().filter(|(_, held)| **held) {
            self.cusum[i] = cusum::step(self.cusum[i], row.x[i], TARGET);
        }
        if let Some(copies) = &mut self.copies {
            copies.fold(row.x, age);
        }
    }

    /// Turns the keys of those who may not be funded into NaN, and bans who lost too much. O(n).
    pub fn close(&mut self, now: &Known<'_>, held: &[bool], key: &mut [f64]) {
        for (i, key) in key.iter_mut().enumerate() {
            let lost = held[i] && self.cusum[i] >= self.cut;
            let least = if held[i] { self.stay } else { self.enter };
            let evident = least == f64::NEG_INFINITY || self.returns.deviate(i) >= least;
            if lost {
                self.until[i] = now.day + BAN;
            }
            if lost || !evident || now.day < self.until[i] {
                *key = f64::NAN;
            }
        }
        if let Some(copies) = &self.copies {
            copies.keep_best(key);
        }
    }

    /// A sum starts when an agent is funded.
    pub fn settle(&mut self, before: &[bool], held: &[bool]) {
        for (i, (before, held)) in before.iter().zip(held).enumerate() {
            if before != held {
                self.cusum[i] = 0.0;
            }
        }
    }
}
