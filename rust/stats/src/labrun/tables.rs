use rayon::prelude::*;

use super::measures::{Measures, Path};
use super::rule::Rule;
use super::run::{Protocol, run_pool};
use crate::pools::{Kind, Pool};

/// Pools `first` .. `first + count` of one kind and seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Kind of pool.
    pub kind: Kind,
    /// Seed.
    pub seed: u64,
    /// Address of the first pool.
    pub first: u64,
    /// Pools.
    pub count: usize,
    /// Days of each.
    pub days: usize,
}

impl Draw {
    pub(super) fn pool(&self, i: usize) -> Pool {
        Pool::draw(self.kind, self.seed, self.first + i as u64, self.days)
    }
}

/// The pools of a draw, in order, on the current thread pool.
pub fn drawn_pools(draw: &Draw) -> Vec<Pool> {
    (0..draw.count).into_par_iter().map(|i| draw.pool(i)).collect()
}

/// Every rule on every given pool, on the current thread pool.
pub fn run_pools(pools: &[Pool], rules: &[Rule], protocol: &Protocol) -> Vec<Vec<(Measures, Path)>> {
    pools.par_iter().map(|pool| run_pool(pool, rules, protocol)).collect()
}

/// Every rule on every pool of a draw, on the current thread pool: `rules` results per pool, in order. Equal bits for
/// any number of threads. O(count rules days agents).
pub fn table(draw: &Draw, rules: &[Rule], protocol: &Protocol) -> Vec<Vec<(Measures, Path)>> {
    (0..draw.count).into_par_iter().map(|i| run_pool(&draw.pool(i), rules, protocol)).collect()
}
