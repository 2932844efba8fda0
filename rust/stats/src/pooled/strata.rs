use quantrl_rng::{Channel, Counter, Draws, Key};

/// Values in groups that are resampled apart from each other, such as the seeds of one fold.
#[derive(Clone, Debug, PartialEq)]
pub struct Strata {
    values: Vec<f64>,
    ends: Vec<usize>,
}

impl Strata {
    /// Group `values` by `labels`, which are 0, 1, ... and of the same number; a label may have no value. O(m log m).
    pub fn new(values: &[f64], labels: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|&at| labels[at]);
        let groups = labels.iter().max().map_or(0, |last| last + 1);
        let ends = (0..groups).map(|group| order.partition_point(|&at| labels[at] <= group)).collect();
        Self { values: order.iter().map(|&at| values[at]).collect(), ends }
    }

    /// All values, stratum after stratum.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of each stratum.
    pub fn groups<'a>(&'a self, values: &'a [f64]) -> impl Iterator<Item = &'a [f64]> {
        self.spans().map(|(from, to)| &values[from..to])
    }

    /// One replicate: as many draws with replacement in each stratum as it has values. Stratum s of side 0 or 1 draws
    /// at its own address, apart from that of the stationary bootstrap, so neither order nor the other side matters.
    pub fn resample(&self, key: Key, replicate: u64, side: u64, into: &mut [f64]) {
        for (stratum, (from, to)) in self.spans().enumerate() {
            let draw = 1 + 2 * stratum as u64 + side;
            let at = Counter { block: 0, draw, channel: Channel::Bootstrap, episode: replicate };
            let mut draws = Draws::new(key, at);
            for slot in &mut into[from..to] {
                *slot = self.values[from + draws.below((to - from) as u64) as usize];
            }
        }
    }

    fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_by_label() {
        let strata = Strata::new(&[1.0, 2.0, 3.0, 4.0], &[2, 0, 2, 0]);
        let groups: Vec<&[f64]> = strata.groups(strata.values()).collect();
        assert_eq!(groups, [&[2.0, 4.0][..], &[], &[1.0, 3.0]]);
    }

    #[test]
    fn a_replicate_stays_in_its_strata() {
        let (values, labels) = ([1.0, 10.0, 2.0, 20.0, 30.0], [0, 1, 0, 1, 1]);
        let strata = Strata::new(&values, &labels);
        let key = Key { seed: 3, stream: 0 };
        let (mut into, mut again) = ([0.0; 5], [0.0; 5]);
        let mut seen = std::collections::BTreeSet::new();
        for replicate in 0..50 {
            strata.resample(key, replicate, 0, &mut into);
            assert!(into[..2].iter().all(|v| *v < 5.0) && into[2..].iter().all(|v| *v > 5.0));
            seen.extend(into.map(|v| v as u64));
            strata.resample(key, replicate, 0, &mut again);
            assert_eq!(into, again);
        }
        assert_eq!(seen.len(), 5);
    }

    #[test]
    fn sides_draw_apart() {
        let strata = Strata::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[0; 6]);
        let [ours, theirs] = [0, 1].map(|side| {
            let mut into = [0.0; 6];
            strata.resample(Key { seed: 3, stream: 0 }, 0, side, &mut into);
            into
        });
        assert_ne!(ours, theirs);
    }
}
