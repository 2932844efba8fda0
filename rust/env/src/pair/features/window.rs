//! Moments of the last n rows: Welford's updates by adding and removing, made exact again every 4,096 rows.

use crate::pair::state::{Words, put, put_reals};

/// Rows between exact recomputations.
pub const RENEW: u64 = 4_096;

/// The last rows of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    rows: Vec<f64>,
    at: usize,
}

impl Ring {
    /// Room for the newest `n` rows, all 0.
    pub fn new(n: usize) -> Self {
        Self { rows: vec![0.0; n], at: 0 }
    }

    /// One more row.
    pub fn push(&mut self, value: f64) {
        self.at = if self.at + 1 == self.rows.len() { 0 } else { self.at + 1 };
        self.rows[self.at] = value;
    }

    /// The row `back` rows ago; 0 is the newest.
    #[inline]
    pub fn back(&self, back: usize) -> f64 {
        let at = if back <= self.at { self.at - back } else { self.at + self.rows.len() - back };
        self.rows[at]
    }

    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(out, [self.at as u64]);
        put_reals(out, self.rows.iter().copied());
    }

    /// What `save` wrote.
    pub fn load(words: &mut Words<'_>, n: usize) -> Self {
        let at = (words.whole() as usize).min(n - 1);
        Self { rows: (0..n).map(|_| words.real()).collect(), at }
    }
}

/// Mean and squared distances of the last n rows of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    n: usize,
    rows: u64,
    /// Mean.
    pub mean: f64,
    squares: f64,
}

impl Window {
    /// Over `n` rows.
    pub fn new(n: usize) -> Self {
        Self { n, rows: 0, mean: 0.0, squares: 0.0 }
    }

    fn count(&self) -> usize {
        (self.rows as usize).min(self.n)
    }

    /// Take in the newest row of the ring, which goes back at least n rows.
    pub fn push(&mut self, ring: &Ring) {
        let new = ring.back(0);
        self.rows += 1;
        if self.rows > self.n as u64 {
            let old = ring.back(self.n);
            let (step, before) = (new - old, self.mean);
            self.mean += step / self.n as f64;
            self.squares += step * (new - self.mean + old - before);
            if self.rows.is_multiple_of(RENEW) {
                self.renew(ring);
            }
        } else {
            let gap = new - self.mean;
            self.mean += gap / self.rows as f64;
            self.squares += gap * (new - self.mean);
        }
    }

    fn renew(&mut self, ring: &Ring) {
        self.mean = (0..self.n).map(|i| ring.back(i)).sum::<f64>() / self.n as f64;
        self.squares = (0..self.n).map(|i| ring.back(i) - self.mean).map(|gap| gap * gap).sum();
    }

    /// Population variance.
    pub fn variance(&self) -> f64 {
        self.squares.max(0.0) / self.count().max(1) as f64
    }

    /// Population standard deviation.
    pub fn sd(&self) -> f64 {
        self.variance().sqrt()
    }

    /// Root of the mean square.
    pub fn rms(&self) -> f64 {
        (self.variance() + self.mean * self.mean).sqrt()
    }

    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(out, [self.rows]);
        put_reals(out, [self.mean, self.squares]);
    }

    /// What `save` wrote.
    pub fn load(words: &mut Words<'_>, n: usize) -> Self {
        Self { n, rows: words.whole(), mean: words.real(), squares: words.real() }
    }
}

/// Moments of the last n rows of two columns, as distances from a pair they held: levels near 12 that move by 1e-4 would
/// leave too few digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    n: usize,
    rows: u64,
    base: [f64; 2],
    /// Means less the base.
    gaps: [f64; 2],
    /// Sums of squared distances of both, and of their products.
    sums: [f64; 3],
}

impl Joint {
    /// Over `n` rows.
    pub fn new(n: usize) -> Self {
        Self { n, rows: 0, base: [0.0; 2], gaps: [0.0; 2], sums: [0.0; 3] }
    }

    /// Whether it has seen n rows.
    pub fn is_full(&self) -> bool {
        self.rows >= self.n as u64
    }

    /// Means.
    pub fn means(&self) -> [f64; 2] {
        [self.base[0] + self.gaps[0], self.base[1] + self.gaps[1]]
    }

    /// Take in the newest pair; `pair(i)` is the one i rows ago.
    pub fn push(&mut self, pair: impl Fn(usize) -> [f64; 2]) {
        if self.rows == 0 {
            self.base = pair(0);
        }
        if self.is_full() {
            self.remove(self.moved(pair(self.n)));
        }
        self.rows += 1;
        self.add(self.moved(pair(0)), (self.rows as usize).min(self.n) as f64);
        if self.is_full() && self.rows.is_multiple_of(RENEW) {
            self.renew(pair);
        }
    }

    fn moved(&self, [a, b]: [f64; 2]) -> [f64; 2] {
        [a - self.base[0], b - self.base[1]]
    }

    fn add(&mut self, [a, b]: [f64; 2], count: f64) {
        let (da, db) = (a - self.gaps[0], b - self.gaps[1]);
        self.gaps[0] += da / count;
        self.gaps[1] += db / count;
        self.sums[0] += da * (a - self.gaps[0]);
        self.sums[1] += db * (b - self.gaps[1]);
        self.sums[2] += da * (b - self.gaps[1]);
    }

    fn remove(&mut self, [a, b]: [f64; 2]) {
        let left = (self.n - 1) as f64;
        let (da, db) = (a - self.gaps[0], b - self.gaps[1]);
        self.gaps[0] -= da / left;
        self.gaps[1] -= db / left;
        self.sums[0] -= da * (a - self.gaps[0]);
        self.sums[1] -= db * (b - self.gaps[1]);
        self.sums[2] -= da * (b - self.gaps[1]);
    }

    fn renew(&mut self, pair: impl Fn(usize) -> [f64; 2]) {
        let n = self.n as f64;
        self.base = pair(0);
        self.gaps = [0, 1].map(|c| (0..self.n).map(|i| self.moved(pair(i))[c]).sum::<f64>() / n);
        self.sums = [0.0; 3];
        for i in 0..self.n {
            let [a, b] = self.moved(pair(i));
            let (da, db) = (a - self.gaps[0], b - self.gaps[1]);
            self.sums[0] += da * da;
            self.sums[1] += db * db;
            self.sums[2] += da * db;
        }
    }

    /// Slope of the second column on the first; 0 where the first stands still.
    pub fn slope(&self) -> f64 {
        if self.sums[0] > 0.0 { self.sums[2] / self.sums[0] } else { 0.0 }
    }

    /// Standard error of the slope; 0 where it is not defined.
    pub fn slope_error(&self) -> f64 {
        let (n, [aa, bb, ab]) = ((self.rows as usize).min(self.n), self.sums);
        if n < 3 || aa <= 0.0 {
            return 0.0;
        }
        ((bb - ab * ab / aa).max(0.0) / (n - 2) as f64 / aa).sqrt()
    }

    /// Correlation; 0 where a column stands still.
    pub fn correlation(&self) -> f64 {
        let scale = (self.sums[0] * self.sums[1]).max(0.0).sqrt();
        if scale > 0.0 { (self.sums[2] / scale).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(out, [self.rows]);
        put_reals(out, self.base.into_iter().chain(self.gaps).chain(self.sums));
    }

    /// What `save` wrote.
    pub fn load(words: &mut Words<'_>, n: usize) -> Self {
        let rows = words.whole();
        let [base, gaps] = std::array::from_fn(|_| std::array::from_fn(|_| words.real()));
        Self { n, rows, base, gaps, sums: std::array::from_fn(|_| words.real()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(t: usize) -> f64 {
        ((t * 7919) % 101) as f64 * 0.01 + 1e3
    }

    #[test]
    fn windows_equal_two_passes() {
        let (n, mut ring) = (37, Ring::new(38));
        let mut window = Window::new(n);
        for t in 0..6_000 {
            ring.push(value(t));
            window.push(&ring);
            if t % 997 == 0 || t == 5_999 {
                let rows: Vec<f64> = (t.saturating_sub(n - 1)..=t).map(value).collect();
                let mean = rows.iter().sum::<f64>() / rows.len() as f64;
                let variance = rows.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / rows.len() as f64;
                assert!((window.mean - mean).abs() < 1e-9, "{t}");
                assert!((window.variance() - variance).abs() < 1e-9, "{t}");
            }
        }
    }

    #[test]
    fn joint_windows_equal_two_passes() {
        let (n, mut joint) = (50, Joint::new(50));
        let pair = |t: usize| [value(t), 0.5 * value(t) + value(3 * t + 1)];
        for t in 0..5_000 {
            joint.push(|i| pair(t - i));
        }
        let rows: Vec<[f64; 2]> = (4_950..5_000).map(pair).collect();
        let mean = |c: usize| rows.iter().map(|r| r[c]).sum::<f64>() / n as f64;
        let (ma, mb) = (mean(0), mean(1));
        let saa = rows.iter().map(|r| (r[0] - ma).powi(2)).sum::<f64>();
        let sab = rows.iter().map(|r| (r[0] - ma) * (r[1] - mb)).sum::<f64>();
        let sbb = rows.iter().map(|r| (r[1] - mb).powi(2)).sum::<f64>();
        assert!((joint.slope() - sab / saa).abs() < 1e-9);
        assert!((joint.correlation() - sab / (saa * sbb).sqrt()).abs() < 1e-9);
        assert!((joint.slope_error() - ((sbb - sab * sab / saa) / 48.0 / saa).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn levels_far_above_their_moves_keep_their_digits() {
        let wave = |t: usize, k: usize| ((t * k) % 97) as f64 * 1e-6 + (t as f64 * 0.01).sin() * 1e-3;
        let pair = |t: usize| [12.25 + wave(t, 31), 11.5 + 0.7 * wave(t, 31) + wave(t, 57)];
        let (n, mut joint) = (24, Joint::new(24));
        for t in 0..5_000 {
            joint.push(|i| pair(t - i));
            if t < n || t % 61 != 0 {
                continue;
            }
            let rows: Vec<[f64; 2]> = (t + 1 - n..=t).map(pair).map(|[a, b]| [a - 12.25, b - 11.5]).collect();
            let mean = |c: usize| rows.iter().map(|r| r[c]).sum::<f64>() / n as f64;
            let (ma, mb) = (mean(0), mean(1));
            let saa: f64 = rows.iter().map(|r| (r[0] - ma).powi(2)).sum();
            let sab: f64 = rows.iter().map(|r| (r[0] - ma) * (r[1] - mb)).sum();
            assert!((joint.slope() - sab / saa).abs() < 1e-9, "{t}");
            assert!((joint.means()[0] - 12.25 - ma).abs() < 1e-14, "{t}");
        }
    }
}
