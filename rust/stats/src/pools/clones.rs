const LIKE: f64 = 0.97;
const SOURCES: usize = 25;
const CLONES: std::ops::Range<usize> = 30..40;
const WATCHED: usize = 252;

/// The one of 25 that did best over the first year.
pub(super) fn luckiest(z: &[f64], agents: usize, days: usize) -> usize {
    let watched = WATCHED.min(days);
    let ratio = |i: usize| {
        let column = || (0..watched).map(|t| z[t * agents + i]);
        let mean = column().sum::<f64>() / watched as f64;
        let variance = column().map(|v| (v - mean) * (v - mean)).sum::<f64>() / watched as f64;
        mean / variance.sqrt()
    };
    let better = |best: (f64, usize), i: usize| if ratio(i) > best.0 { (ratio(i), i) } else { best };
    (0..SOURCES).fold((f64::NEG_INFINITY, 0), better).1
}

/// Ten agents become noisy copies of one.
pub(super) fn copy(z: &mut [f64], agents: usize, source: usize) {
    let rest = (1.0 - LIKE * LIKE).sqrt();
    for row in z.chunks_exact_mut(agents) {
        let copied = LIKE * row[source];
        row[CLONES].iter_mut().for_each(|v| *v = copied + rest * *v);
    }
}
