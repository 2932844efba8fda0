use super::{Known, Row, Selector};
use crate::labrun::{FIRST, TARGET};

const RATE: f64 = 0.25;
const CLIP: f64 = 4.0;

/// Multiplicative weights: Freund and Schapire (1997); with a share spread equally, Herbster and Warmuth (1998).
pub(super) struct Hedge {
    share: f64,
    weights: Vec<f64>,
}

impl Hedge {
    pub fn new(n: usize, share: f64) -> Self {
        Self { share, weights: vec![1.0 / n as f64; n] }
    }

    fn normalise(&mut self) {
        let total: f64 = self.weights.iter().sum();
        self.weights.iter_mut().for_each(|w| *w /= total);
    }
}

impl Selector for Hedge {
    /// A newcomer gets an N-th of the leader's weight.
    fn reset(&mut self, slot: usize) {
        self.weights[slot] = 0.0;
        let leader = self.weights.iter().fold(0.0, |a: f64, b| a.max(*b));
        self.weights[slot] = leader / self.weights.len() as f64;
        self.normalise();
    }

    fn fold(&mut self, row: &Row<'_>, _: &[usize]) {
        if row.at < FIRST {
            self.weights.fill(1.0 / row.x.len() as f64);
            return;
        }
        for (w, x) in self.weights.iter_mut().zip(row.x) {
            *w *= libm::exp(RATE * (x / TARGET).clamp(-CLIP, CLIP));
        }
        self.normalise();
        let (kept, spread) = (1.0 - self.share, self.share / self.weights.len() as f64);
        if self.share > 0.0 {
            self.weights.iter_mut().for_each(|w| *w = kept * *w + spread);
        }
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        weights.copy_from_slice(&self.weights);
        if now.compared {
            score.copy_from_slice(&self.weights);
        }
    }
}
