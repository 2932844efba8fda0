use super::blocks::Block;
use crate::moments::rounding;

/// Running sums of the centred returns, of their squares and of log(1 + r), for all columns.
///
/// Centring costs nothing and keeps the variance of a replicate free of cancellation.
#[derive(Clone, Debug)]
pub struct PrefixSums {
    n: usize,
    k: usize,
    /// Mean of each column.
    pub means: Vec<f64>,
    /// Least variance that is not rounding, of each column.
    pub floors: Vec<f64>,
    /// True where a return of -1 or less makes log(1 + r) undefined.
    pub ruined: Vec<bool>,
    sums: Vec<f64>,
}

const FLOOR: f64 = 1e-13;

impl PrefixSums {
    /// Sums of a (n, k) array stored row by row. O(n k).
    pub fn new(returns: &[f64], k: usize) -> Self {
        let n = returns.len() / k;
        let means = column_means(returns, k);
        let mut ruined = vec![false; k];
        let mut sums = vec![0.0; (n + 1) * 3 * k];
        for (t, row) in returns.chunks_exact(k).enumerate() {
            let (done, rest) = sums.split_at_mut((t + 1) * 3 * k);
            let (before, now) = (&done[t * 3 * k..], &mut rest[..3 * k]);
            for (j, &r) in row.iter().enumerate() {
                let centred = r - means[j];
                ruined[j] |= r <= -1.0;
                now[j] = before[j] + centred;
                now[k + j] = before[k + j] + centred * centred;
                now[2 * k + j] = before[2 * k + j] + if r > -1.0 { libm::log1p(r) } else { 0.0 };
            }
        }
        let squares = &sums[n * 3 * k + k..n * 3 * k + 2 * k];
        let floors =
            squares.iter().zip(&means).map(|(s, &mean)| (FLOOR * s / n as f64).max(rounding(mean))).collect();
        Self { n, k, means, floors, ruined, sums }
    }

    /// Totals over blocks: k sums of centred returns, k of their squares, k of log(1 + r). O(blocks k).
    pub fn totals(&self, blocks: impl Iterator<Item = Block>, totals: &mut [f64]) {
        totals.fill(0.0);
        for Block { start, length } in blocks {
            let end = start + length;
            if end <= self.n {
                self.add(totals, start, end);
            } else {
                self.add(totals, start, self.n);
                self.add(totals, 0, end - self.n);
            }
        }
    }

    fn add(&self, totals: &mut [f64], from: usize, to: usize) {
        let width = 3 * self.k;
        let (low, high) = (&self.sums[from * width..][..width], &self.sums[to * width..][..width]);
        for ((total, high), low) in totals.iter_mut().zip(high).zip(low) {
            *total += high - low;
        }
    }
}

/// A constant column gets its value as mean, so that it is centred to exact zeros.
fn column_means(returns: &[f64], k: usize) -> Vec<f64> {
    let n = (returns.len() / k) as f64;
    let mut means = vec![0.0; k];
    let mut constant = vec![true; k];
    for row in returns.chunks_exact(k) {
        for j in 0..k {
            means[j] += row[j];
            constant[j] &= row[j] == returns[j];
        }
    }
    means.iter().enumerate().map(|(j, total)| if constant[j] { returns[j] } else { total / n }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_around() {
        let prefix = PrefixSums::new(&[0.1, 0.2, 0.3, 0.6], 1);
        let mut totals = [0.0; 3];
        prefix.totals([Block { start: 3, length: 3 }].into_iter(), &mut totals);
        assert!((totals[0] + 3.0 * prefix.means[0] - 0.9).abs() < 1e-15);
        assert!((totals[2] - (1.6f64 * 1.1 * 1.2).ln()).abs() < 1e-15);
    }

    #[test]
    fn marks_ruin_and_constants() {
        let prefix = PrefixSums::new(&[0.1, -1.0, 0.1, 0.5], 2);
        assert_eq!(prefix.ruined, [false, true]);
        assert_eq!((prefix.means[0], prefix.floors[0]), (0.1, rounding(0.1)));
    }
}
