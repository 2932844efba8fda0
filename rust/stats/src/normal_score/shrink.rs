use crate::sum::sum;

const MIN_SPREAD: f64 = 1e-6;

/// Empirical Bayes under a normal prior with method-of-moments variance: posterior means and standard deviations of
/// scores `s` with variances `v`. Efron and Morris (1973). O(n).
pub fn shrink(s: &[f64], v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = s.len() as f64;
    let centre = sum(s, |x| x) / n;
    let spread = if s.len() < 2 { 0.0 } else { sum(s, |x| (x - centre) * (x - centre)) / (n - 1.0) };
    let prior = (spread - sum(v, |x| x) / n).max(MIN_SPREAD);
    let post = |(&s, &v): (&f64, &f64)| {
        let keep = prior / (prior + v);
        (centre + keep * (s - centre), (keep * v).sqrt())
    };
    s.iter().zip(v).map(post).unzip()
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn noise_goes_to_the_centre() {
        let (post, sd) = shrink(&[-1.0, 0.0, 1.0], &[10.0; 3]);
        assert!(post.iter().all(|p| p.abs() < 1e-6));
        assert!(sd.iter().all(|s| (s - 1e-3).abs() < 1e-6));
    }

    #[test]
    fn signal_stays() {
        let (post, sd) = shrink(&[-1.0, 0.0, 1.0], &[0.25; 3]);
        assert_eq!((post[0], post[2]), (-0.75, 0.75));
        assert!((sd[1] - 0.1875f64.sqrt()).abs() < 1e-15);
        assert_eq!(shrink(&[2.0], &[0.1]).0, [2.0]);
        assert!(shrink(&[], &[]).0.is_empty());
    }
}
