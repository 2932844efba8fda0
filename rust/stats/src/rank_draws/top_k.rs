use super::RankDraws;

const LANES: usize = 8;

type Network = fn(&Posterior<'_>, &[usize], &mut [f64]);

/// One for each k up to 8; the rows of a known number stay in registers.
const NETWORKS: [Network; 8] = [
    network::<1>,
    network::<2>,
    network::<3>,
    network::<4>,
    network::<5>,
    network::<6>,
    network::<7>,
    network::<8>,
];

/// Means and standard deviations with the draws they are applied to.
pub(super) struct Posterior<'a> {
    pub draws: &'a RankDraws,
    pub mean: &'a [f64],
    pub sd: &'a [f64],
}

impl Posterior<'_> {
    fn value(&self, agent: usize, draw: usize) -> f64 {
        self.mean[agent] + self.sd[agent] * self.draws.of(agent)[draw]
    }

    /// The k-th largest value of every draw, k in 1..=known.
    pub fn bars(&self, known: &[usize], k: usize) -> Vec<f64> {
        let mut bars = vec![0.0; self.draws.draws];
        match NETWORKS.get(k - 1) {
            Some(network) => network(self, known, &mut bars),
            None => self.select(known, k, &mut bars),
        }
        bars
    }

    fn select(&self, known: &[usize], k: usize, bars: &mut [f64]) {
        for (draw, bar) in bars.iter_mut().enumerate() {
            let mut values: Vec<f64> = known.iter().map(|&i| self.value(i, draw)).collect();
            let at = values.len() - k;
            *bar = *values.select_nth_unstable_by(at, f64::total_cmp).1;
        }
    }

    /// Takes back the places of the `surplus` highest ids that only tie with the bar.
    pub fn drop_ties(&self, draw: usize, bar: f64, surplus: usize, count: &mut [u64]) {
        let tied = |i: &usize| !self.mean[*i].is_nan() && self.value(*i, draw) == bar;
        (0..self.mean.len()).rev().filter(tied).take(surplus).for_each(|i| count[i] -= 1);
    }
}

/// Insertion into K sorted rows without a branch, for several draws at once.
fn network<const K: usize>(posterior: &Posterior<'_>, known: &[usize], bars: &mut [f64]) {
    for (strip, bar) in bars.chunks_mut(LANES).enumerate() {
        let mut best = [[f64::NEG_INFINITY; LANES]; K];
        for &i in known {
            let (mean, sd) = (posterior.mean[i], posterior.sd[i]);
            let mut value = [f64::NEG_INFINITY; LANES];
            for (value, z) in value.iter_mut().zip(&posterior.draws.of(i)[strip * LANES..]) {
                *value = mean + sd * z;
            }
            for row in &mut best {
                for (kept, value) in row.iter_mut().zip(&mut value) {
                    // Two plain selections: each is one vector instruction, and a swap is not.
                    let high = if *value > *kept { *value } else { *kept };
                    let low = if *value < *kept { *value } else { *kept };
                    (*kept, *value) = (high, low);
                }
            }
        }
        bar.copy_from_slice(&best[K - 1][..bar.len()]);
    }
}
