use super::{Known, Row, Selector};
use crate::labrun::FIRST;
use crate::labrun::top::Slots;

const ROUNDING: f64 = 1e-12;
const QUARTER: usize = 63;

/// Sharpe ratios of the last rows of scaled returns, from sums that roll with the window.
struct Window {
    length: usize,
    ring: Vec<f64>,
    rows: usize,
    sum: Vec<f64>,
    square: Vec<f64>,
}

impl Window {
    fn new(n: usize, length: usize) -> Self {
        Self { length, ring: vec![0.0; length * n], rows: 0, sum: vec![0.0; n], square: vec![0.0; n] }
    }

    fn reset(&mut self, slot: usize) {
        let n = self.sum.len();
        self.ring.iter_mut().skip(slot).step_by(n).for_each(|v| *v = 0.0);
        (self.sum[slot], self.square[slot]) = (0.0, 0.0);
    }

    fn fold(&mut self, x: &[f64]) {
        let n = x.len();
        let old = &mut self.ring[self.rows % self.length * n..][..n];
        for i in 0..n {
            self.sum[i] += x[i] - old[i];
            self.square[i] += x[i] * x[i] - old[i] * old[i];
        }
        old.copy_from_slice(x);
        self.rows += 1;
    }

    fn ratios(&self, age: &[usize], score: &mut [f64]) {
        for (i, score) in score.iter_mut().enumerate() {
            let rows = age[i].min(self.length) as f64;
            let (mean, second) = (self.sum[i] / rows, self.square[i] / rows);
            let variance = second - mean * mean;
            let known = age[i] >= FIRST && variance > ROUNDING * second;
            *score = if known { mean / variance.sqrt() } else { f64::NAN };
        }
    }
}

/// The best over a window, every day.
pub(super) struct Rolling {
    window: Window,
    slots: Slots,
}

impl Rolling {
    pub fn new(n: usize, window: usize, k: usize) -> Self {
        Self { window: Window::new(n, window), slots: Slots::new(n, k) }
    }
}

impl Selector for Rolling {
    fn reset(&mut self, slot: usize) {
        self.window.reset(slot);
        self.slots.drop(slot);
    }

    fn fold(&mut self, row: &Row<'_>, _: &[usize]) {
        self.window.fold(row.x);
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        self.window.ratios(now.age, score);
        self.slots.fill(score);
        self.slots.write(weights);
    }
}

/// The best one over a quarter, kept for a quarter.
pub(super) struct Quarterly {
    window: Window,
    slots: Slots,
}

impl Quarterly {
    pub fn new(n: usize) -> Self {
        Self { window: Window::new(n, QUARTER), slots: Slots::new(n, 1) }
    }
}

impl Selector for Quarterly {
    fn reset(&mut self, slot: usize) {
        self.window.reset(slot);
        self.slots.drop(slot);
    }

    fn fold(&mut self, row: &Row<'_>, _: &[usize]) {
        self.window.fold(row.x);
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        self.window.ratios(now.age, score);
        if (now.day - FIRST).is_multiple_of(QUARTER) {
            self.slots.fill(score);
        }
        self.slots.write(weights);
    }
}
