use std::collections::HashMap;

use super::{ROOT, TARGET};
use crate::normal::quantile;
use crate::normal_score::cross_section_scores;
use crate::pools::Pool;

const WINDOW: usize = 63;
const MIN_WINDOW: usize = 5;
const FLOOR: f64 = 0.02 / ROOT;
const START: f64 = 0.20 / ROOT;
const MAX_SCALE: f64 = 10.0;
const RANKED: usize = 8;

/// What every rule sees of a pool, worked out once.
pub(super) struct Track<'a> {
    pub pool: &'a Pool,
    /// Returns scaled to the target volatility by the rows before.
    pub x: Vec<f64>,
    /// Scores of each row's cross-section; 0 where an agent did not act.
    pub z: Vec<f64>,
    /// Rows with enough agents to be scored.
    pub scored: Vec<bool>,
}

impl<'a> Track<'a> {
    pub fn new(pool: &'a Pool) -> Self {
        let x = scaled_returns(pool);
        let n = pool.agents;
        let mut z = vec![0.0; x.len()];
        let mut ranks = Ranks::default();
        let rows = z.chunks_exact_mut(n).zip(x.chunks_exact(n)).zip(pool.acted.chunks_exact(n));
        let scored = rows.map(|((z, x), acted)| ranks.score(x, acted, z)).collect();
        Self { pool, x, z, scored }
    }
}

/// x = r min(10, target / max(vol, 2 %)), the volatility being the root mean square of the last 63 rows before, 20 %
/// while there are fewer than 5. O(63 days agents).
pub fn scaled_returns(pool: &Pool) -> Vec<f64> {
    let n = pool.agents;
    let mut squares: Vec<f64> = pool.returns.iter().map(|r| r * r).collect();
    let mut x = pool.returns.clone();
    let (mut birth, mut sum) = (vec![0; n], vec![0.0; n]);
    for day in 0..pool.days {
        for slot in (0..n).filter(|i| pool.born[day * n + i] == 1) {
            birth[slot] = day;
            (day.saturating_sub(WINDOW)..day).for_each(|t| squares[t * n + slot] = 0.0);
        }
        column_sums(&squares[day.saturating_sub(WINDOW) * n..day * n], &mut sum);
        for i in 0..n {
            let rows = (day - birth[i]).min(WINDOW);
            let vol = if rows < MIN_WINDOW { START } else { (sum[i] / rows as f64).sqrt() };
            x[day * n + i] *= (TARGET / vol.max(FLOOR)).min(MAX_SCALE);
        }
    }
    x
}

/// Sums down the columns of rows as long as `sum`, from the first row on, four rows at a time.
fn column_sums(rows: &[f64], sum: &mut [f64]) {
    let n = sum.len();
    sum.fill(0.0);
    let mut fours = rows.chunks_exact(4 * n);
    for four in &mut fours {
        let ((a, b), (c, d)) = {
            let (early, late) = four.split_at(2 * n);
            (early.split_at(n), late.split_at(n))
        };
        for ((((sum, a), b), c), d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *sum = *sum + a + b + c + d;
        }
    }
    for row in fours.remainder().chunks_exact(n) {
        sum.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
    }
}

/// Normal scores of average ranks, with the quantiles of each number of agents kept.
#[derive(Default)]
struct Ranks {
    quantiles: HashMap<usize, Vec<f64>>,
    order: Vec<u128>,
}

impl Ranks {
    /// False where too few acted.
    fn score(&mut self, x: &[f64], acted: &[u8], z: &mut [f64]) -> bool {
        self.order.clear();
        let took_part = x.iter().zip(acted).enumerate().filter(|(_, (_, acted))| **acted == 1);
        self.order.extend(took_part.map(|(i, (x, _))| u128::from(ordered(*x)) << 64 | i as u128));
        let count = self.order.len();
        if count < RANKED {
            let few: Vec<f64> = self.order.iter().map(|&key| x[agent(key)]).collect();
            let Some(found) = cross_section_scores(&few) else { return false };
            self.order.iter().zip(found).for_each(|(&key, score)| z[agent(key)] = score);
            return true;
        }
        self.order.sort_unstable();
        // Twice the rank less one half: whole numbers, ties included.
        let half_ranks = self
            .quantiles
            .entry(count)
            .or_insert_with(|| (0..2 * count).map(|h| quantile(h as f64 / 2.0 / count as f64)).collect());
        let mut below = 0;
        for tied in self.order.chunk_by(|a, b| a >> 64 == b >> 64) {
            tied.iter().for_each(|&key| z[agent(key)] = half_ranks[2 * below + tied.len()]);
            below += tied.len();
        }
        true
    }
}

/// A whole number that is ordered as the value is; zeros of either sign are one.
fn ordered(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn agent(key: u128) -> usize {
    key as u64 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NormalScore;
    use crate::pools::Kind;

    #[test]
    fn scales_and_scores_as_the_scorer_does() {
        let pool = Pool::draw(Kind::Sparse, 1, 0, 200);
        let track = Track::new(&pool);
        let mut scorer = NormalScore::new(126.0, TARGET, 252.0).unwrap();
        let ids: Vec<u32> = (0..40).collect();
        for day in 0..200 {
            let row = day * 40..(day + 1) * 40;
            let x =
                scorer.fold(&ids, &pool.returns[row.clone()], &pool.acted[row.clone()], 1.0, 1.0).unwrap();
            for (mine, theirs) in track.x[row].iter().zip(x) {
                assert!((mine - theirs).abs() <= 1e-15 * theirs.abs());
            }
        }
    }

    #[test]
    fn a_newcomer_starts_without_a_past() {
        let pool = Pool::draw(Kind::Arrivals, 1, 0, 300);
        let track = Track::new(&pool);
        let at = (150 * 80..pool.born.len()).find(|&at| pool.born[at] == 1).unwrap();
        assert!((track.x[at] - 0.5 * pool.returns[at]).abs() < 1e-15);
    }
}
