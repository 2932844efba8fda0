//! Where agents may truly stand: ranks of draws from independent normal posteriors.

mod top_k;

use std::cmp::Ordering;

use quantrl_rng::{Channel, Counter, Draws, Key};

use top_k::Posterior;

/// Draws of a fixed number of agents. The normals depend on (seed, stream, draw, agent) alone, so two calls with close
/// posteriors differ because of the posteriors and not by luck.
#[derive(Clone, Debug)]
pub struct RankDraws {
    agents: usize,
    draws: usize,
    /// Agent after agent, so that a loop over draws runs in whole vectors.
    normals: Vec<f64>,
}

/// Quantiles of an agent's position, 1 = best; NaN for an agent without a posterior.
#[derive(Clone, Debug, PartialEq)]
pub struct Positions {
    /// 5 % quantile.
    pub low: Vec<f64>,
    /// Median.
    pub median: Vec<f64>,
    /// 95 % quantile.
    pub high: Vec<f64>,
}

const QUANTILES: [f64; 3] = [0.05, 0.5, 0.95];

impl RankDraws {
    /// Draws and keeps `draws` normals for each of `agents`. O(draws agents).
    pub fn new(key: Key, draws: usize, agents: usize) -> Self {
        let mut normals = vec![0.0; draws * agents];
        for draw in 0..draws {
            let at = Counter { block: 0, draw: draw as u64, channel: Channel::Posterior, episode: 0 };
            let mut words = Draws::new(key, at);
            (0..agents).for_each(|i| normals[i * draws + draw] = words.normal());
        }
        Self { agents, draws, normals }
    }

    /// Number of agents.
    pub fn agents(&self) -> usize {
        self.agents
    }

    /// Share of draws with the agent among the k largest; ties go to the lower index, NaN means never.
    /// O(draws agents k) for k up to 8, in vectors over the draws; O(draws agents) above.
    pub fn top_k(&self, mean: &[f64], sd: &[f64], k: usize) -> Vec<f64> {
        let known = self.by_mean(mean);
        if k == 0 || known.is_empty() {
            return vec![0.0; self.agents];
        }
        let posterior = Posterior { draws: self, mean, sd };
        let bar = posterior.bars(&known, k.min(known.len()));
        let mut count = vec![0u64; self.agents];
        let mut over = vec![0u64; self.draws];
        for &i in &known {
            let (mean, sd) = (mean[i], sd[i]);
            let mut seen = 0;
            for ((z, bar), over) in self.of(i).iter().zip(&bar).zip(&mut over) {
                let in_top = u64::from(mean + sd * z >= *bar);
                seen += in_top;
                *over += in_top;
            }
            count[i] = seen;
        }
        for (draw, &over) in over.iter().enumerate() {
            posterior.drop_ties(draw, bar[draw], over as usize - k.min(known.len()), &mut count);
        }
        count.iter().map(|&c| c as f64 / self.draws as f64).collect()
    }

    /// Quantiles of each position. O(draws agents log agents).
    pub fn positions(&self, mean: &[f64], sd: &[f64]) -> Positions {
        let likely = self.by_mean(mean);
        let places = likely.len();
        let mut count = vec![0u32; self.agents * places];
        let mut drawn: Vec<(f64, usize)> = Vec::with_capacity(places);
        for draw in 0..self.draws {
            drawn.clear();
            drawn.extend(likely.iter().map(|&i| (mean[i] + sd[i] * self.of(i)[draw], i)));
            drawn.sort_unstable_by(above);
            for (place, &(_, i)) in drawn.iter().enumerate() {
                count[i * places + place] += 1;
            }
        }
        let nothing = || vec![f64::NAN; self.agents];
        let mut found = Positions { low: nothing(), median: nothing(), high: nothing() };
        let draws = self.normals.len() / self.agents.max(1);
        for &i in &likely {
            let histogram = &count[i * places..][..places];
            [found.low[i], found.median[i], found.high[i]] =
                QUANTILES.map(|p| place_of(histogram, p * draws as f64));
        }
        found
    }

    fn of(&self, agent: usize) -> &[f64] {
        &self.normals[agent * self.draws..][..self.draws]
    }

    fn by_mean(&self, mean: &[f64]) -> Vec<usize> {
        let mut ids: Vec<usize> = (0..self.agents).filter(|&i| !mean[i].is_nan()).collect();
        ids.sort_by(|&a, &b| above(&(mean[a], a), &(mean[b], b)));
        ids
    }
}

fn above(a: &(f64, usize), b: &(f64, usize)) -> Ordering {
    b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1))
}

fn place_of(histogram: &[u32], draws: f64) -> f64 {
    let mut seen = 0u32;
    for (place, &count) in histogram.iter().enumerate() {
        seen += count;
        if f64::from(seen) >= draws {
            return (place + 1) as f64;
        }
    }
    histogram.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { seed: 11, stream: 0 };

    #[test]
    fn equal_posteriors_share_the_places() {
        let draws = RankDraws::new(KEY, 4096, 10);
        let p = draws.top_k(&[0.0; 10], &[1.0; 10], 3);
        assert!((p.iter().sum::<f64>() - 3.0).abs() < 1e-12);
        assert!(p.iter().all(|p| (p - 0.3).abs() < 0.03));
    }

    #[test]
    fn certainty_ties_and_absence() {
        let draws = RankDraws::new(KEY, 100, 4);
        assert_eq!(draws.top_k(&[1.0, f64::NAN, 1.0, 1.0], &[0.0; 4], 2), [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(draws.top_k(&[1.0, f64::NAN, 1.0, 1.0], &[0.0; 4], 9), [1.0, 0.0, 1.0, 1.0]);
        assert_eq!(draws.top_k(&[0.0; 4], &[1.0; 4], 0), [0.0; 4]);
        let places = draws.positions(&[1.0, f64::NAN, 3.0, 2.0], &[0.0; 4]);
        assert_eq!((places.median[0], places.low[2], places.high[3]), (3.0, 1.0, 2.0));
        assert!(places.median[1].is_nan());
    }

    #[test]
    fn one_normal_beats_another_as_it_should() {
        let draws = RankDraws::new(KEY, 8192, 2);
        let p = draws.top_k(&[1.0, 0.0], &[1.0, 1.0], 1)[0];
        assert!((p - crate::normal::cdf(0.5f64.sqrt())).abs() < 0.02);
    }
}
