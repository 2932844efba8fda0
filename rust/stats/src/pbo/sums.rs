use crate::moments::{Moments, rounding};

/// Sums per block and column: of returns centred on their column's mean, and of the squares.
#[derive(Clone, Debug)]
pub struct BlockSums {
    k: usize,
    means: Vec<f64>,
    floors: Vec<f64>,
    rows: Vec<f64>,
    cells: Vec<f64>,
}

/// Least variance, as a share of the whole column's, that is not rounding.
const FLOOR: f64 = 1e-13;

impl BlockSums {
    /// Sums of a (n, k) array stored row by row, cut into `blocks` runs of rows whose lengths differ by at most one.
    /// O(n k).
    pub fn new(returns: &[f64], k: usize, blocks: usize) -> Self {
        let n = returns.len() / k;
        let columns: Vec<Option<Moments>> = (0..k)
            .map(|j| Moments::of(&returns.iter().skip(j).step_by(k).copied().collect::<Vec<_>>()))
            .collect();
        let part =
            |of: fn(&Moments) -> f64| columns.iter().map(|m| m.as_ref().map_or(f64::NAN, of)).collect();
        let means: Vec<f64> = part(|m| m.mean);
        let edge = |block: usize| block * n / blocks;
        let mut cells = vec![0.0; blocks * 2 * k];
        for (block, sums) in cells.chunks_exact_mut(2 * k).enumerate() {
            for row in returns[edge(block) * k..edge(block + 1) * k].chunks_exact(k) {
                for (j, (r, mean)) in row.iter().zip(&means).enumerate() {
                    let centred = r - mean;
                    sums[j] += centred;
                    sums[k + j] += centred * centred;
                }
            }
        }
        let rows = (0..blocks).map(|block| (edge(block + 1) - edge(block)) as f64).collect();
        Self { k, means, floors: part(|m| (FLOOR * m.sd * m.sd).max(rounding(m.mean))), rows, cells }
    }

    /// From the length of each block, and per column and block, row-major (k, blocks, 2), the sum of returns and of
    /// their squares: for columns whose returns are not at hand. O(k blocks).
    pub fn of_sums(rows: &[usize], sums: &[f64]) -> Self {
        let blocks = rows.len();
        let k = sums.len() / (2 * blocks);
        let n = rows.iter().sum::<usize>() as f64;
        let (mut means, mut floors) = (Vec::with_capacity(k), Vec::with_capacity(k));
        let mut cells = vec![0.0; blocks * 2 * k];
        for (j, column) in sums.chunks_exact(2 * blocks).enumerate() {
            let (parts, _) = column.as_chunks::<2>();
            let (sum, squares) = parts.iter().fold((0.0, 0.0), |(a, b), [sum, square]| (a + sum, b + square));
            let mean = sum / n;
            means.push(mean);
            // What a difference of sums of squares loses is a share of the squares themselves.
            floors.push(FLOOR * ((squares - sum * mean) / (n - 1.0)).max(mean * mean));
            for ((block, [sum, squares]), &rows) in parts.iter().enumerate().zip(rows) {
                let rows = rows as f64;
                cells[block * 2 * k + j] = sum - rows * mean;
                cells[block * 2 * k + k + j] = squares - 2.0 * mean * sum + rows * mean * mean;
            }
        }
        Self { k, means, floors, rows: rows.iter().map(|&rows| rows as f64).collect(), cells }
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.rows.len()
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.k
    }
}

/// Sums of one half of the blocks, changed by whole blocks.
#[derive(Clone, Debug)]
pub struct HalfSums<'a> {
    of: &'a BlockSums,
    n: f64,
    cells: Vec<f64>,
}

impl<'a> HalfSums<'a> {
    /// Sums over `chosen` blocks, from scratch. O(blocks k).
    pub fn new(of: &'a BlockSums, chosen: impl Iterator<Item = usize>) -> Self {
        let mut half = Self { of, n: 0.0, cells: vec![0.0; 2 * of.k] };
        chosen.for_each(|block| half.shift(block, 1.0));
        half
    }

    /// Add a block (`sign` 1) or take it away (-1). O(k).
    pub fn shift(&mut self, block: usize, sign: f64) {
        let width = 2 * self.of.k;
        self.n += sign * self.of.rows[block];
        for (total, cell) in self.cells.iter_mut().zip(&self.of.cells[block * width..][..width]) {
            *total += sign * cell;
        }
    }

    /// Sharpe ratio per period of every column (sd with n - 1), NaN where a column does not vary. O(k).
    pub fn sharpe(&self, into: &mut [f64]) {
        let (sums, squares) = self.cells.split_at(self.of.k);
        for (j, slot) in into.iter_mut().enumerate() {
            let variance = (squares[j] - sums[j] * sums[j] / self.n) / (self.n - 1.0);
            let varies = variance > self.of.floors[j];
            let mean = self.of.means[j] + sums[j] / self.n;
            *slot = if varies { mean / variance.sqrt() } else { f64::NAN };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_equal_gathered_rows() {
        let returns: Vec<f64> = (0..62).map(|i| ((i * 7919) % 101) as f64 * 1e-3 - 0.04).collect();
        let sums = BlockSums::new(&returns, 2, 4);
        assert_eq!(sums.rows, [7.0, 8.0, 8.0, 8.0]);
        let mut half = HalfSums::new(&sums, [0, 2].into_iter());
        half.shift(2, -1.0);
        half.shift(3, 1.0);
        let mut found = [0.0; 2];
        half.sharpe(&mut found);
        for j in 0..2 {
            let rows: Vec<f64> = (0..7).chain(23..31).map(|t| returns[t * 2 + j]).collect();
            let moments = Moments::of(&rows).unwrap();
            assert!((found[j] - moments.mean / moments.sd).abs() < 1e-13);
        }
    }

    #[test]
    fn sums_alone_give_the_same_ratios() {
        // The second column stands still in the first two blocks.
        let value = |i: usize| ((i * 7919) % 101) as f64 * 1e-3 - 0.04;
        let returns: Vec<f64> = (0..62).map(|i| if i % 2 == 1 && i < 30 { 0.0 } else { value(i) }).collect();
        let whole = BlockSums::new(&returns, 2, 4);
        let rows = [7, 8, 8, 8];
        let mut sums = Vec::new();
        for j in 0..2 {
            let mut at = 0;
            for rows in rows {
                let block = (at..at + rows).map(|t| returns[t * 2 + j]);
                sums.extend([block.clone().sum::<f64>(), block.map(|r| r * r).sum::<f64>()]);
                at += rows;
            }
        }
        let made = BlockSums::of_sums(&rows, &sums);
        assert_eq!((made.blocks(), made.columns()), (4, 2));
        for chosen in [[0, 1], [0, 2], [1, 3], [2, 3]] {
            let ratios = |of: &BlockSums| {
                let mut found = [0.0; 2];
                HalfSums::new(of, chosen.into_iter()).sharpe(&mut found);
                found
            };
            for (ours, theirs) in ratios(&made).into_iter().zip(ratios(&whole)) {
                assert!((ours - theirs).abs() < 1e-13 || (ours.is_nan() && theirs.is_nan()), "{chosen:?}");
            }
        }
        assert_eq!(whole.blocks(), 4);
    }

    #[test]
    fn constant_halves_have_no_ratio() {
        let returns: Vec<f64> =
            (0..40).map(|t| if t < 20 { 0.1 } else { 0.1 + f64::from(t) * 1e-3 }).collect();
        let sums = BlockSums::new(&returns, 1, 4);
        let sharpe = |chosen: [usize; 2]| {
            let mut found = [0.0];
            HalfSums::new(&sums, chosen.into_iter()).sharpe(&mut found);
            found[0]
        };
        assert!(sharpe([0, 1]).is_nan() && sharpe([1, 2]).is_finite());
    }
}
