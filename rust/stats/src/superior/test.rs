use super::deviations::Deviations;
use crate::bootstrap::StationaryBootstrap;

/// What a test for superiority says.
#[derive(Clone, Debug, PartialEq)]
pub struct Superiority {
    /// sqrt(n) mean / sd of each column; NaN where it does not vary.
    pub ratios: Vec<f64>,
    /// Of Hansen's consistent test: that no column is better than the benchmark.
    pub spa: f64,
    /// The same of White's reality check, studentised.
    pub white: f64,
    /// Step-down p-value of each column; NaN where it does not vary.
    pub adjusted: Vec<f64>,
}

/// What the columns are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The plain standard deviation.
    Plain,
    /// The long-run one of the bootstrap's mean block.
    LongRun,
}

/// Tests every column of a (n, k) array of returns less the benchmark's, stored row by row. O(draws k n / block), and
/// O(n^2 k) for long-run deviations.
pub fn superiority(
    differences: &[f64],
    k: usize,
    plan: &StationaryBootstrap,
    draws: usize,
    scale: Scale,
) -> Superiority {
    let plain = Deviations::new(differences, k);
    let deviations = match scale {
        Scale::Plain => plain,
        Scale::LongRun => plain.long_run(plan.mean_block),
    };
    let ratios = deviations.ratios();
    let mut replicates = vec![0.0; draws * k];
    for (i, row) in replicates.chunks_exact_mut(k).enumerate() {
        deviations.replicate(plan, i as u64, row);
    }
    let live: Vec<usize> = (0..k).filter(|&j| !ratios[j].is_nan()).collect();
    let best = live.iter().map(|&j| ratios[j]).fold(0.0, f64::max);
    // A column so bad that it cannot matter keeps its distance; the others are centred.
    let poor = -(2.0 * libm::log(libm::log(plan.n as f64))).sqrt();
    let shift: Vec<f64> = ratios.iter().map(|&t| if t < poor { t } else { 0.0 }).collect();
    let p_value = |shift: &[f64]| {
        let most = |row: &[f64]| live.iter().map(|&j| row[j] + shift[j]).fold(0.0, f64::max);
        let hits = replicates.chunks_exact(k).filter(|row| most(row) >= best).count();
        if live.is_empty() { f64::NAN } else { (1 + hits) as f64 / (1 + draws) as f64 }
    };
    let (spa, white) = (p_value(&shift), p_value(&vec![0.0; k]));
    Superiority { adjusted: step_down(&ratios, &replicates, live, draws), ratios, spa, white }
}

/// The j-th best is compared with the largest of itself and all that are worse, and is never surer than a better one.
fn step_down(ratios: &[f64], replicates: &[f64], mut live: Vec<usize>, draws: usize) -> Vec<f64> {
    live.sort_by(|&a, &b| ratios[b].total_cmp(&ratios[a]));
    let mut hits = vec![0usize; live.len()];
    for row in replicates.chunks_exact(ratios.len()) {
        let mut most = f64::NEG_INFINITY;
        for (place, &j) in live.iter().enumerate().rev() {
            most = most.max(row[j]);
            hits[place] += usize::from(most >= ratios[j]);
        }
    }
    let mut adjusted = vec![f64::NAN; ratios.len()];
    let mut floor = 0.0f64;
    for (&j, hits) in live.iter().zip(hits) {
        floor = floor.max((1 + hits) as f64 / (1 + draws) as f64);
        adjusted[j] = floor;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use quantrl_rng::{Channel, Counter, Draws, Key};

    fn plan(n: usize) -> StationaryBootstrap {
        StationaryBootstrap { n, mean_block: 10.0, key: Key { seed: 3, stream: 0 } }
    }

    fn sample(n: usize, k: usize, means: &[f64]) -> Vec<f64> {
        let at = Counter { block: 0, draw: 0, channel: Channel::Check, episode: 0 };
        let mut draws = Draws::new(Key { seed: 1, stream: 0 }, at);
        (0..n * k).map(|i| draws.normal() + means[i % k]).collect()
    }

    #[test]
    fn the_good_are_named_and_the_rest_are_not() {
        let found =
            superiority(&sample(400, 5, &[0.3, 0.25, 0.0, -0.1, 0.0]), 5, &plan(400), 999, Scale::Plain);
        assert!(found.adjusted[0] <= 0.05 && found.adjusted[1] <= 0.05 && found.spa <= 0.01);
        assert!(found.adjusted[2..].iter().all(|&p| p > 0.05), "{:?}", found.adjusted);
        assert!(found.spa <= found.white);
    }

    #[test]
    fn all_may_be_named() {
        let found = superiority(&sample(400, 4, &[0.5; 4]), 4, &plan(400), 499, Scale::LongRun);
        assert!(found.adjusted.iter().all(|&p| p <= 0.01));
    }

    #[test]
    fn a_constant_column_is_left_out() {
        let mut rows = sample(300, 3, &[0.0; 3]);
        rows.iter_mut().skip(1).step_by(3).for_each(|r| *r = 0.25);
        let found = superiority(&rows, 3, &plan(300), 99, Scale::Plain);
        assert!(found.ratios[1].is_nan() && found.adjusted[1].is_nan() && found.spa > 0.0);
        assert!(superiority(&[0.0; 200], 2, &plan(100), 9, Scale::LongRun).spa.is_nan());
    }
}
