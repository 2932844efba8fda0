use super::{Known, Row, Selector};
use crate::labrun::top::Slots;

const ROWS: usize = 5;
const LEAST_SD: f64 = 0.01;

/// Mean over standard deviation of five days of net returns, the deviation taken as at least 1 %.
pub(super) struct FiveDay {
    slots: Option<Slots>,
    last: Vec<f64>,
    rows: usize,
}

impl FiveDay {
    pub fn top(n: usize, k: usize) -> Self {
        Self { slots: Some(Slots::new(n, k)), ..Self::proportional(n) }
    }

    pub fn proportional(n: usize) -> Self {
        Self { slots: None, last: vec![0.0; ROWS * n], rows: 0 }
    }

    /// Of all agents, oldest row first.
    fn scores(&self, score: &mut [f64]) {
        let n = score.len();
        let row = |back: usize| &self.last[(self.rows - back) % ROWS * n..][..n];
        let [a, b, c, d, e] = [row(5), row(4), row(3), row(2), row(1)];
        for (i, score) in score.iter_mut().enumerate() {
            let mean = (a[i] + b[i] + c[i] + d[i] + e[i]) / ROWS as f64;
            let square = |r: f64| (r - mean) * (r - mean);
            let sum = square(a[i]) + square(b[i]) + square(c[i]) + square(d[i]) + square(e[i]);
            *score = mean / (sum / ROWS as f64).sqrt().max(LEAST_SD);
        }
    }
}

impl Selector for FiveDay {
    fn reset(&mut self, _: usize) {}

    fn fold(&mut self, row: &Row<'_>, _: &[usize]) {
        let n = row.net.len();
        self.last[self.rows % ROWS * n..][..n].copy_from_slice(row.net);
        self.rows += 1;
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        self.scores(score);
        for (score, _) in score.iter_mut().zip(now.age).filter(|(_, age)| **age < ROWS) {
            *score = f64::NAN;
        }
        if let Some(slots) = &mut self.slots {
            slots.fill(score);
            slots.write(weights);
            return;
        }
        weights.iter_mut().zip(score).for_each(|(w, s)| *w = s.max(0.0));
        let total: f64 = weights.iter().sum();
        if total > 0.0 {
            weights.iter_mut().for_each(|w| *w /= total);
        }
    }
}
