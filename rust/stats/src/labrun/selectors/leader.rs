use super::{Known, Row, Selector};
use crate::labrun::FIRST;
use crate::labrun::top::Slots;

const ROUNDING: f64 = 1e-12;

/// Highest mean over root mean square of all scaled returns.
pub(super) struct Leader {
    slots: Slots,
    sum: Vec<f64>,
    square: Vec<f64>,
}

impl Leader {
    pub fn new(n: usize, k: usize) -> Self {
        Self { slots: Slots::new(n, k), sum: vec![0.0; n], square: vec![0.0; n] }
    }
}

impl Selector for Leader {
    fn reset(&mut self, slot: usize) {
        (self.sum[slot], self.square[slot]) = (0.0, 0.0);
        self.slots.drop(slot);
    }

    fn fold(&mut self, row: &Row<'_>, _: &[usize]) {
        for (i, r) in row.x.iter().enumerate() {
            self.sum[i] += r;
            self.square[i] += r * r;
        }
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        for (i, score) in score.iter_mut().enumerate() {
            let (rows, sum, square) = (now.age[i] as f64, self.sum[i], self.square[i]);
            let varies = square * rows - sum * sum > ROUNDING * square * rows;
            *score = if now.age[i] >= FIRST && varies { sum / (square * rows).sqrt() } else { f64::NAN };
        }
        self.slots.fill(score);
        self.slots.write(weights);
    }
}
