use super::noise::{Purpose, Source};
use super::{Pool, YEAR};

const SELLERS: std::ops::Range<usize> = 32..40;
const VOL: f64 = 0.10;
const CARRY: f64 = 2.0;
const CRASH: f64 = 0.30;
const CHANCE: f64 = 1.0 / 378.0;

/// Eight agents earn a Sharpe ratio of 2 until a day on which 30 % is lost; their mean is 0.
pub(super) fn sell(source: &Source, z: &[f64], pool: &mut Pool) {
    let n = pool.agents;
    for (day, row) in pool.returns.chunks_exact_mut(n).enumerate() {
        let mut draws = source.draws(Purpose::Own, day);
        for i in SELLERS {
            let crash = f64::from(draws.uniform() < CHANCE);
            row[i] = 0.999 * VOL / YEAR.sqrt() * z[day * n + i] + CARRY * VOL / YEAR - CRASH * crash;
        }
    }
}
