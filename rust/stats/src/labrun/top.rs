/// The agents funded now: `k` slots of equal size.
pub(super) struct Slots {
    pub k: usize,
    pub held: Vec<bool>,
    chosen: Vec<usize>,
}

impl Slots {
    pub fn new(n: usize, k: usize) -> Self {
        Self { k, held: vec![false; n], chosen: Vec::with_capacity(k) }
    }

    /// Holds the `k` highest keys that are not NaN, ties by lower id. O(n + k^2) where few keys enter.
    pub fn fill(&mut self, key: &[f64]) {
        self.chosen.clear();
        for (i, &value) in key.iter().enumerate() {
            let full = self.chosen.len() == self.k;
            let enters = if full {
                self.chosen.last().is_some_and(|&last| value > key[last])
            } else {
                !value.is_nan()
            };
            if enters {
                self.chosen.truncate(self.k - 1);
                let place = self.chosen.partition_point(|&other| key[other] >= value);
                self.chosen.insert(place, i);
            }
        }
        self.held.fill(false);
        self.chosen.iter().for_each(|&i| self.held[i] = true);
    }

    pub fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    /// One share of 1/k per funded agent; empty slots stay cash.
    pub fn write(&self, weights: &mut [f64]) {
        weights.fill(0.0);
        self.chosen.iter().for_each(|&i| weights[i] = 1.0 / self.k as f64);
    }

    pub fn drop(&mut self, slot: usize) {
        self.held[slot] = false;
        self.chosen.retain(|&i| i != slot);
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn best_first_and_ties_by_id() {
        let mut slots = Slots::new(5, 3);
        slots.fill(&[1.0, f64::NAN, 2.0, 1.0, 1.0]);
        assert_eq!(slots.chosen(), [2, 0, 3]);
        slots.fill(&[f64::NAN; 5]);
        assert!(slots.chosen().is_empty() && !slots.held.contains(&true));
    }
}
