use rayon::prelude::*;

use super::tables::Draw;
use crate::bootstrap::StationaryBootstrap;
use crate::evidence_process::log_evidence;
use crate::superior::{Scale, superiority};
use quantrl_rng::Key;

const BLOCK: f64 = 10.0;

/// What tests say of one pool, each agent against cash.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// p-value of the test for superior predictive ability.
    pub spa: f64,
    /// p-value of the reality check.
    pub white: f64,
    /// Smallest step-down p-value: someone is named if it is at most alpha.
    pub named: f64,
    /// Largest log evidence of any agent.
    pub evidence: f64,
    /// Largest ratio of mean to standard error: what looking at the best alone shows.
    pub best: f64,
}

/// Tests on every pool of a draw, on the current thread pool. Equal bits for any number of threads.
pub fn claims(draw: &Draw, draws: usize) -> Vec<Claims> {
    let one = |i: usize| {
        let pool = draw.pool(i);
        let key = Key { seed: draw.seed, stream: draw.first + i as u64 };
        let plan = StationaryBootstrap { n: pool.days, mean_block: BLOCK, key };
        let found = superiority(&pool.returns, pool.agents, &plan, draws, Scale::Plain);
        let column = |j: usize| pool.returns.iter().skip(j).step_by(pool.agents).copied().collect::<Vec<_>>();
        Claims {
            spa: found.spa,
            white: found.white,
            named: found.adjusted.iter().copied().fold(f64::NAN, f64::min),
            evidence: (0..pool.agents).map(|j| log_evidence(&column(j))).fold(f64::NEG_INFINITY, f64::max),
            best: found.ratios.iter().copied().fold(f64::NAN, f64::max),
        }
    };
    (0..draw.count).into_par_iter().map(one).collect()
}
