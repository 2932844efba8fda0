use quantrl_rng::Draws;

use super::noise::{Purpose, Source};
use super::{Kind, Pool};

const TURN: f64 = 1.0 / 84.0;
const DECAY_EVERY: usize = 84;
const DECAY_HALF_LIFE: f64 = 126.0;
const ACTING: f64 = 0.2;
const SPARSE: std::ops::Range<usize> = 28..40;
/// Factor on the daily skill of agents that act one day in five: 1 / sqrt(0.2).
pub(super) const BOOST: f64 = 2.236_067_977_499_79;
const ARRIVE_EVERY: usize = 5;

/// (days, agents) annual Sharpe ratios; `born` is filled in where agents arrive.
pub(super) fn truth(source: &Source, days: usize, born: &mut [u8]) -> Vec<f64> {
    let n = source.kind.agents();
    let mut sr = vec![0.0; days * n];
    match source.kind {
        Kind::Arrivals => arrivals(source, &mut sr, born),
        Kind::Regimes => regimes(source, &mut sr),
        kind => {
            for (day, row) in sr.chunks_exact_mut(n).enumerate() {
                row.iter_mut().enumerate().for_each(|(agent, value)| *value = planned(kind, day, agent));
            }
        }
    }
    sr
}

/// Skill that depends on nothing drawn.
fn planned(kind: Kind, day: usize, agent: usize) -> f64 {
    let flipped = kind.flip().is_some_and(|flip| day >= flip.day);
    match (kind, agent) {
        (Kind::Mixed, 30..36)
        | (Kind::Clones, 25..30)
        | (Kind::Sparse, 24..32)
        | (Kind::Liars, 24..30)
        | (Kind::Crashes, 26..32) => 1.5,
        (Kind::Mixed, 36..40) => {
            if flipped {
                -1.5
            } else {
                2.5
            }
        }
        (Kind::Decay, 28..40) => {
            let start = DECAY_EVERY * (agent - 28);
            if day < start { 0.0 } else { 3.0 * libm::exp2(-((day - start) as f64) / DECAY_HALF_LIFE) }
        }
        _ => 0.0,
    }
}

fn regimes(source: &Source, sr: &mut [f64]) {
    let mut state = false;
    for (day, row) in sr.chunks_exact_mut(source.kind.agents()).enumerate() {
        state ^= source.draws(Purpose::Own, day).uniform() < TURN;
        for (agent, value) in row.iter_mut().enumerate().skip(28) {
            *value = if (agent < 34) ^ state { 2.5 } else { -1.0 };
        }
    }
}

fn arrivals(source: &Source, sr: &mut [f64], born: &mut [u8]) {
    let n = source.kind.agents();
    let mut now: Vec<f64> = Vec::new();
    for (day, row) in sr.chunks_exact_mut(n).enumerate() {
        let mut draws = source.draws(Purpose::Own, day);
        if day == 0 {
            now.extend((0..n).map(|_| talent(&mut draws)));
        } else if day % ARRIVE_EVERY == 0 {
            let first = draws.below(n as u64) as usize;
            let other = draws.below(n as u64 - 1) as usize;
            for slot in [first, other + usize::from(other >= first)] {
                now[slot] = talent(&mut draws);
                born[day * n + slot] = 1;
            }
        }
        row.copy_from_slice(&now);
    }
}

fn talent(draws: &mut Draws) -> f64 {
    match draws.uniform() {
        u if u < 0.15 => 1.5,
        u if u < 0.25 => -0.5,
        _ => 0.0,
    }
}

pub(super) fn is_sparse(agent: usize) -> bool {
    SPARSE.contains(&agent)
}

pub(super) fn draw_absences(source: &Source, pool: &mut Pool) {
    for (day, row) in pool.acted.chunks_exact_mut(pool.agents).enumerate() {
        let mut draws = source.draws(Purpose::Own, day);
        for acted in &mut row[SPARSE] {
            *acted = u8::from(draws.uniform() < ACTING);
        }
    }
}
