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
        let least = self.least(key);
        self.chosen.clear();
        for (i, &value) in key.iter().enumerate() {
            // False of NaN too.
            if value >= least {
                self.enter(key, i, value);
            }
        }
        self.held.fill(false);
        self.chosen.iter().for_each(|&i| self.held[i] = true);
    }

    /// No key below this can be among the `k` highest: the lowest that was, where all of those still have one.
    fn least(&self, key: &[f64]) -> f64 {
        let full = self.chosen.len() == self.k && self.chosen.iter().all(|&i| !key[i].is_nan());
        let lowest = || self.chosen.iter().fold(f64::INFINITY, |low, &i| low.min(key[i]));
        if full { lowest() } else { f64::NEG_INFINITY }
    }

    fn enter(&mut self, key: &[f64], i: usize, value: f64) {
        if self.chosen.len() == self.k {
            if value <= key[self.chosen[self.k - 1]] {
                return;
            }
            self.chosen.pop();
        }
        let mut place = self.chosen.len();
        self.chosen.push(i);
        while place > 0 && value > key[self.chosen[place - 1]] {
            self.chosen[place] = self.chosen[place - 1];
            place -= 1;
        }
        self.chosen[place] = i;
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
        slots.fill(&[1.0, 3.0, 2.0, 1.0, 4.0]);
        assert_eq!(slots.chosen(), [4, 1, 2]);
        slots.fill(&[1.0, f64::NAN, f64::NEG_INFINITY, f64::NAN, f64::NAN]);
        assert_eq!(slots.chosen(), [0, 2]);
        slots.fill(&[f64::NAN; 5]);
        assert!(slots.chosen().is_empty() && !slots.held.contains(&true));
    }
}
