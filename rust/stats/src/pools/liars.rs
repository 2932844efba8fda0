use super::noise::{Purpose, Source};
use super::{Pool, YEAR};
use crate::labrun::scaled_returns;

const WATCHED: usize = 30;
const LIARS: std::ops::Range<usize> = 30..40;
const BLUR: f64 = 0.02;

/// From the second day on, ten agents earn the scaled return of whoever was best yesterday, slightly blurred.
pub(super) fn imitate(source: &Source, pool: &mut Pool) {
    let n = pool.agents;
    let x = scaled_returns(pool);
    for day in 1..pool.days {
        let yesterday = &x[(day - 1) * n..][..WATCHED];
        let best = (1..WATCHED).fold(0, |a, b| if yesterday[b] > yesterday[a] { b } else { a });
        let mut draws = source.draws(Purpose::Own, day);
        for i in LIARS {
            pool.returns[day * n + i] = x[day * n + best] + BLUR / YEAR.sqrt() * draws.normal();
        }
    }
}
