//! Pools of agents whose skill is known, so that a selector can be judged on more than one history.
//!
//! All share a factor, Student noise with four degrees of freedom and volatilities between 5 and 40 % a year. Every
//! number has an address (seed, pool; replicate, day, purpose), so a pool is the same on any thread.

mod clones;
mod crashes;
mod kind;
mod liars;
mod noise;
mod skill;

pub use kind::{Flip, Kind};

use noise::Source;

/// Days of a pool as published.
pub const DAYS: usize = 1008;
/// Trading days a year.
pub const YEAR: f64 = 252.0;

/// One pool; arrays hold `days` rows of `agents`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Rows.
    pub days: usize,
    /// Columns.
    pub agents: usize,
    /// Simple net returns, 0 where an agent did not act.
    pub returns: Vec<f64>,
    /// 1 where the agent took part.
    pub acted: Vec<u8>,
    /// Annual Sharpe ratio that generated the row.
    pub truth: Vec<f64>,
    /// 1 where the column is given to an agent without history.
    pub born: Vec<u8>,
}

impl Pool {
    /// The pool at one address. O(days agents).
    pub fn draw(kind: Kind, seed: u64, replicate: u64, days: usize) -> Self {
        let source = Source { seed, kind, replicate };
        let agents = kind.agents();
        let mut born = vec![0; days * agents];
        let truth = skill::truth(&source, days, &mut born);
        let mut z = source.noise(days);
        match kind {
            Kind::Clones => {
                let lucky = clones::luckiest(&z, agents, days);
                clones::copy(&mut z, agents, lucky);
            }
            // Whom they copy must not depend on its record, or the sample would not be null.
            Kind::NullClones => clones::copy(&mut z, agents, 0),
            _ => {}
        }
        let mut pool = Self { days, agents, returns: z, acted: vec![1; days * agents], truth, born };
        if kind == Kind::Sparse {
            skill::draw_absences(&source, &mut pool);
        }
        pool.scale(&source);
        pool
    }

    /// From noise to returns: (z + SR / sqrt(252)) times an own volatility.
    fn scale(&mut self, source: &Source) {
        let (vol, root, n) = (source.volatilities(), YEAR.sqrt(), self.agents);
        let noise = (source.kind == Kind::Crashes).then(|| self.returns.clone());
        let boosted = |i: usize| source.kind == Kind::Sparse && skill::is_sparse(i);
        let boost: Vec<f64> = (0..n).map(|i| if boosted(i) { skill::BOOST } else { 1.0 }).collect();
        let rows = self.acted.chunks_exact(n).zip(self.truth.chunks_exact(n));
        for (row, (acted, truth)) in self.returns.chunks_exact_mut(n).zip(rows) {
            for i in 0..n {
                let earned = (row[i] + truth[i] * boost[i] / root) * vol[i];
                row[i] = if acted[i] == 1 { earned } else { 0.0 };
            }
        }
        if let Some(z) = noise {
            crashes::sell(source, &z, self);
        }
        if source.kind == Kind::Liars {
            liars::imitate(source, self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_sd(values: impl Iterator<Item = f64>) -> (f64, f64) {
        let all: Vec<f64> = values.collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        (mean, (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt())
    }

    #[test]
    fn an_address_gives_the_same_and_another_does_not() {
        for (_, kind) in Kind::TABLE {
            let pool = Pool::draw(kind, 11, 3, 300);
            assert_eq!(pool, Pool::draw(kind, 11, 3, 300));
            assert_ne!(pool.returns, Pool::draw(kind, 11, 4, 300).returns);
            assert_ne!(pool.returns, Pool::draw(kind, 12, 3, 300).returns);
            assert!(pool.returns.iter().all(|r| r.is_finite() && *r > -1.0 || kind == Kind::Crashes));
        }
    }

    #[test]
    fn noise_has_a_factor_and_unit_variance() {
        let source = Source { seed: 5, kind: Kind::Null, replicate: 0 };
        let (days, n) = (20_000, 40);
        let z = source.noise(days);
        let (mean, sd) = mean_sd(z.iter().step_by(7).copied());
        assert!(mean.abs() < 0.02 && (sd - 1.0).abs() < 0.05, "{mean} {sd}");
        let (_, together) = mean_sd((0..days).map(|t| z[t * n] + z[t * n + 1]));
        assert!((together * together / 2.0 - 1.3).abs() < 0.1, "{together}");
    }

    #[test]
    fn skill_shows_in_the_mean() {
        let mut sum = 0.0;
        for replicate in 0..40 {
            let pool = Pool::draw(Kind::Mixed, 1, replicate, 504);
            let vol = (Source { seed: 1, kind: Kind::Mixed, replicate }).volatilities();
            sum += (0..504).map(|t| pool.returns[t * 40 + 37] / vol[37]).sum::<f64>() / 504.0 * YEAR.sqrt();
        }
        assert!((sum / 40.0 - 2.5).abs() < 0.4, "{sum}");
    }

    #[test]
    fn arrivals_and_absences() {
        let pool = Pool::draw(Kind::Arrivals, 2, 0, 504);
        for t in 0..504 {
            let born: u8 = pool.born[t * 80..(t + 1) * 80].iter().sum();
            assert_eq!(born, if t > 0 && t % 5 == 0 { 2 } else { 0 });
        }
        let sparse = Pool::draw(Kind::Sparse, 2, 0, 1008);
        let share = (0..1008).map(|t| f64::from(sparse.acted[t * 40 + 33])).sum::<f64>() / 1008.0;
        assert!((share - 0.2).abs() < 0.05);
        assert!(sparse.returns.iter().zip(&sparse.acted).all(|(r, a)| *a == 1 || *r == 0.0));
    }

    #[test]
    fn clones_and_liars_follow() {
        let pool = Pool::draw(Kind::Clones, 3, 0, 1008);
        let column = |i: usize| (0..1008).map(|t| pool.returns[t * 40 + i]).collect::<Vec<_>>();
        let (a, b) = (column(30), column(35));
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        assert!(dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt() > 0.85);
        let liars = Pool::draw(Kind::Liars, 3, 0, 400);
        let gap = (1..400).map(|t| (liars.returns[t * 40 + 30] - liars.returns[t * 40 + 31]).abs());
        assert!(mean_sd(gap).0 < 0.01 / YEAR.sqrt() * 4.0);
    }
}
