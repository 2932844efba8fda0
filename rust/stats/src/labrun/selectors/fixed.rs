use super::{Known, Row, Selector};
use crate::labrun::FIRST;
use crate::labrun::top::Slots;
use crate::labrun::track::Track;

/// Weights that never change.
pub(super) struct Fixed {
    weights: Vec<f64>,
}

impl Fixed {
    pub fn all(n: usize) -> Self {
        Self { weights: vec![1.0 / n as f64; n] }
    }

    pub fn these(n: usize, agents: &[usize]) -> Self {
        let mut weights = vec![0.0; n];
        agents.iter().for_each(|&i| weights[i] = 1.0 / agents.len() as f64);
        Self { weights }
    }

    /// The `k` columns that will have earned the highest Sharpe ratio from the first decision on.
    pub fn best(track: &Track<'_>, k: usize) -> Self {
        let (n, days) = (track.pool.agents, track.pool.days);
        let rows = (days - FIRST) as f64;
        let later = || track.x[FIRST * n..].chunks_exact(n);
        let mut mean = vec![0.0; n];
        later().for_each(|row| mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / rows));
        let mut variance = vec![0.0; n];
        for row in later() {
            variance.iter_mut().zip(row.iter().zip(&mean)).for_each(|(v, (x, m))| *v += (x - m) * (x - m));
        }
        let ratios: Vec<f64> = mean.iter().zip(&variance).map(|(m, v)| m / (v / rows).sqrt()).collect();
        let mut slots = Slots::new(n, k);
        slots.fill(&ratios);
        let mut weights = vec![0.0; n];
        slots.write(&mut weights);
        Self { weights }
    }
}

impl Selector for Fixed {
    fn reset(&mut self, _: usize) {}

    fn fold(&mut self, _: &Row<'_>, _: &[usize]) {}

    fn decide(&mut self, _: &Known<'_>, weights: &mut [f64], _: &mut [f64]) {
        weights.copy_from_slice(&self.weights);
    }
}
