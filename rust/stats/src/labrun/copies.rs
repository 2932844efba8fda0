const WINDOW: usize = 126;
const MIN_AGE: usize = 63;
const EVERY: usize = 5;
const ROUNDING: f64 = 1e-12;

/// Components of agents whose scaled returns correlate, from sums that roll with the window.
pub(super) struct Copies {
    least: f64,
    n: usize,
    rows: usize,
    ring: Vec<f64>,
    products: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    labels: Vec<usize>,
    joined: bool,
}

impl Copies {
    pub fn new(n: usize, least: f64) -> Self {
        Self {
            least,
            n,
            rows: 0,
            ring: vec![0.0; WINDOW * n],
            products: vec![0.0; n * n],
            sums: vec![0.0; n],
            squares: vec![0.0; n],
            labels: (0..n).collect(),
            joined: false,
        }
    }

    pub fn reset(&mut self, slot: usize) {
        let n = self.n;
        self.ring.iter_mut().skip(slot).step_by(n).for_each(|v| *v = 0.0);
        self.products[slot * n..(slot + 1) * n].fill(0.0);
        self.products.iter_mut().skip(slot).step_by(n).for_each(|v| *v = 0.0);
        // Others keep the component they were in until the next look; this one is new.
        if self.labels[slot] == slot {
            let heir = (0..n).find(|&i| i != slot && self.labels[i] == slot);
            if let Some(heir) = heir {
                self.labels.iter_mut().filter(|label| **label == slot).for_each(|label| *label = heir);
            }
        }
        self.labels[slot] = slot;
    }

    /// Takes one row; looks again every fifth. O(n^2).
    pub fn fold(&mut self, x: &[f64], age: &[usize]) {
        let n = self.n;
        let old = &mut self.ring[self.rows % WINDOW * n..][..n];
        for i in 0..n {
            let (came, left) = (x[i], old[i]);
            let line = &mut self.products[i * n..][i..n];
            for ((sum, came_j), left_j) in line.iter_mut().zip(&x[i..n]).zip(&old[i..n]) {
                *sum += came * came_j - left * left_j;
            }
        }
        old.copy_from_slice(x);
        self.rows += 1;
        if self.rows.is_multiple_of(EVERY) {
            self.look(age);
        }
    }

    /// (sum, sum of squares) of an agent over its last `length` rows.
    fn last(&self, slot: usize, length: usize) -> (f64, f64) {
        let value = |back: usize| self.ring[(self.rows - 1 - back) % WINDOW * self.n + slot];
        (0..length).map(value).fold((0.0, 0.0), |(sum, square), v| (sum + v, square + v * v))
    }

    fn look(&mut self, age: &[usize]) {
        let n = self.n;
        (0..n).for_each(|i| self.labels[i] = i);
        self.joined = false;
        let whole = self.rows.min(WINDOW);
        self.sums.fill(0.0);
        self.squares.fill(0.0);
        for row in self.ring[..whole * n].chunks_exact(n) {
            for ((sum, square), x) in self.sums.iter_mut().zip(&mut self.squares).zip(row) {
                *sum += x;
                *square += x * x;
            }
        }
        let own: Vec<Moments> =
            (0..n).map(|i| Moments::new(whole.min(age[i]), (self.sums[i], self.squares[i]))).collect();
        for i in (0..n).filter(|&i| age[i] >= MIN_AGE) {
            for j in (i + 1..n).filter(|&j| age[j] >= MIN_AGE) {
                let shorter = own[i].rows.min(own[j].rows);
                let of = |slot: usize| {
                    if own[slot].rows == shorter {
                        own[slot]
                    } else {
                        Moments::new(shorter, self.last(slot, shorter))
                    }
                };
                if alike(&of(i), &of(j), self.products[i * n + j], self.least) {
                    self.join(i, j);
                }
            }
        }
    }

    fn join(&mut self, i: usize, j: usize) {
        let (low, high) = (self.labels[i].min(self.labels[j]), self.labels[i].max(self.labels[j]));
        self.labels.iter_mut().filter(|label| **label == high).for_each(|label| *label = low);
        self.joined = true;
    }

    /// Leaves one key per component, the highest; ties by lower id. O(n).
    pub fn keep_best(&self, key: &mut [f64]) {
        if !self.joined {
            return;
        }
        let mut best: Vec<Option<usize>> = vec![None; self.n];
        for i in 0..self.n {
            let leader = &mut best[self.labels[i]];
            if !key[i].is_nan() && leader.is_none_or(|at| key[i] > key[at]) {
                *leader = Some(i);
            }
        }
        for i in 0..self.n {
            if best[self.labels[i]] != Some(i) {
                key[i] = f64::NAN;
            }
        }
    }
}

/// Sum and scaled variance of an agent's last rows.
#[derive(Clone, Copy)]
struct Moments {
    rows: usize,
    sum: f64,
    spread: f64,
    varies: bool,
}

impl Moments {
    fn new(rows: usize, (sum, square): (f64, f64)) -> Self {
        let whole = rows as f64 * square;
        let spread = whole - sum * sum;
        Self { rows, sum, spread, varies: spread > ROUNDING * rows as f64 * square }
    }
}

/// Of the same number of rows each.
fn alike(a: &Moments, b: &Moments, product: f64, least: f64) -> bool {
    let together = a.rows as f64 * product - a.sum * b.sum;
    together > 0.0 && together * together >= a.spread * b.spread * least * least && a.varies && b.varies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(day: usize, agent: usize) -> f64 {
        let own = |i: usize| ((day * 37 + i * 53 + (day * day + i) % 11) % 23) as f64 * 1e-3 - 0.011;
        match agent {
            3 => own(1) * 2.0,
            4 => own(1) + ((day % 7) as f64) * 1e-5,
            _ => own(agent),
        }
    }

    #[test]
    fn copies_share_a_component_and_one_key() {
        let mut copies = Copies::new(6, 0.95);
        for day in 0..200 {
            let x: Vec<f64> = (0..6).map(|i| value(day, i)).collect();
            copies.fold(&x, &[day + 1; 6]);
        }
        assert_eq!(copies.labels, [0, 1, 2, 1, 1, 5]);
        let mut key = [1.0, 2.0, 3.0, 5.0, 4.0, 6.0];
        copies.keep_best(&mut key);
        assert!(key[1].is_nan() && key[4].is_nan() && key[3] == 5.0);
        copies.reset(1);
        assert_eq!((copies.labels[1], copies.labels[4]), (1, 3));
    }

    #[test]
    fn a_young_agent_is_compared_over_its_own_rows() {
        let mut copies = Copies::new(6, 0.95);
        for day in 0..200 {
            if day == 120 {
                copies.reset(3);
            }
            let x: Vec<f64> = (0..6).map(|i| value(day, if i == 3 && day < 120 { 5 } else { i })).collect();
            let mut age = [day + 1; 6];
            age[3] = if day < 120 { day + 1 } else { day - 119 };
            copies.fold(&x, &age);
        }
        assert_eq!(copies.labels[3], 1);
    }
}
