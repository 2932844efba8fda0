use crate::bootstrap::StationaryBootstrap;

/// Rows of differences to the benchmark, centred and summed up, column by column studentised.
pub(super) struct Deviations {
    pub means: Vec<f64>,
    /// Standard deviation; 0 where a column does not vary.
    pub sds: Vec<f64>,
    n: usize,
    k: usize,
    sums: Vec<f64>,
}

const ROUNDING: f64 = 1e-12;

impl Deviations {
    /// Of a (n, k) array stored row by row. O(n k).
    pub fn new(differences: &[f64], k: usize) -> Self {
        let n = differences.len() / k;
        let mut means = vec![0.0; k];
        for row in differences.chunks_exact(k) {
            means.iter_mut().zip(row).for_each(|(mean, d)| *mean += d / n as f64);
        }
        let (mut squares, mut raw) = (vec![0.0; k], vec![0.0; k]);
        let mut sums = vec![0.0; (n + 1) * k];
        for (t, row) in differences.chunks_exact(k).enumerate() {
            let (done, now) = sums.split_at_mut((t + 1) * k);
            let before = &done[t * k..];
            for j in 0..k {
                let centred = row[j] - means[j];
                squares[j] += centred * centred;
                raw[j] += row[j] * row[j];
                now[j] = before[j] + centred;
            }
        }
        let sd = |(square, raw): (&f64, &f64)| {
            if *square > ROUNDING * raw { (square / n as f64).sqrt() } else { 0.0 }
        };
        let sds = squares.iter().zip(&raw).map(sd).collect();
        Self { means, sds, n, k, sums }
    }

    /// The same with long-run standard deviations of the stationary bootstrap with this mean block, as Hansen (2005)
    /// takes them; where the estimated variance is not positive a column counts as one that does not vary. O(n^2 k).
    pub fn long_run(mut self, mean_block: f64) -> Self {
        let (n, k) = (self.n, self.k);
        let keep = 1.0 - 1.0 / mean_block;
        for (j, sd) in self.sds.iter_mut().enumerate().filter(|(_, sd)| **sd > 0.0) {
            let centred: Vec<f64> =
                (0..n).map(|t| self.sums[(t + 1) * k + j] - self.sums[t * k + j]).collect();
            let mut variance = *sd * *sd;
            for lag in 1..n {
                let (i, whole) = (lag as f64, n as f64);
                let weight =
                    (1.0 - i / whole) * keep.powi(lag as i32) + i / whole * keep.powi((n - lag) as i32);
                let products = centred[lag..].iter().zip(&centred).map(|(a, b)| a * b);
                variance += 2.0 * weight * products.sum::<f64>() / whole;
            }
            *sd = variance.max(0.0).sqrt();
        }
        self
    }

    /// sqrt(n) mean / sd of each column; NaN where it does not vary.
    pub fn ratios(&self) -> Vec<f64> {
        let root = (self.n as f64).sqrt();
        let ratio = |(mean, sd): (&f64, &f64)| if *sd > 0.0 { root * mean / sd } else { f64::NAN };
        self.means.iter().zip(&self.sds).map(ratio).collect()
    }

    /// sqrt(n) (mean* - mean) / sd of every column of one replicate; 0 where a column does not vary.
    pub fn replicate(&self, plan: &StationaryBootstrap, replicate: u64, out: &mut [f64]) {
        out.fill(0.0);
        for block in plan.blocks(replicate) {
            let end = block.start + block.length;
            if end <= self.n {
                self.add(block.start, end, out);
            } else {
                self.add(block.start, self.n, out);
                self.add(0, end - self.n, out);
            }
        }
        let root = (self.n as f64).sqrt();
        for (value, sd) in out.iter_mut().zip(&self.sds) {
            *value = if *sd > 0.0 { *value / (root * sd) } else { 0.0 };
        }
    }

    fn add(&self, from: usize, to: usize, out: &mut [f64]) {
        let (low, high) = (&self.sums[from * self.k..][..self.k], &self.sums[to * self.k..][..self.k]);
        out.iter_mut().zip(high).zip(low).for_each(|((out, high), low)| *out += high - low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quantrl_rng::Key;

    #[test]
    fn equals_gathered_rows() {
        let rows: Vec<f64> = (0..300).map(|i| ((i * 7919) % 101) as f64 * 1e-3 - 0.04).collect();
        let deviations = Deviations::new(&rows, 3);
        let plan = StationaryBootstrap { n: 100, mean_block: 6.0, key: Key { seed: 5, stream: 1 } };
        let mut out = [0.0; 3];
        for replicate in 0..50 {
            deviations.replicate(&plan, replicate, &mut out);
            for (j, value) in out.iter().enumerate() {
                let gathered: f64 = plan
                    .blocks(replicate)
                    .flat_map(|b| (0..b.length).map(move |i| (b.start + i) % 100))
                    .map(|t| rows[t * 3 + j])
                    .sum();
                let expected = (gathered / 100.0 - deviations.means[j]) * 10.0 / deviations.sds[j];
                assert!((value - expected).abs() < 1e-12);
            }
        }
    }
}
