//! Several tests at once.

/// Step-down adjusted p-values, in the order given: Holm (1979), A simple sequentially rejective multiple test
/// procedure, Scandinavian J. Statistics 6. The i-th smallest of m becomes max over j <= i of (m - j + 1) p_j, at
/// most 1. Valid under any dependence. O(m log m).
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut floor = 0.0f64;
    for (done, &at) in order.iter().enumerate() {
        floor = floor.max((p.len() - done) as f64 * p[at]).min(1.0);
        adjusted[at] = floor;
    }
    adjusted
}

/// Step-up adjusted p-values, in the order given: Benjamini and Hochberg (1995), Controlling the false discovery rate,
/// JRSS B 57. The i-th smallest of m becomes min over j >= i of m p_j / j. For tests that depend on each other in any
/// way, times 1 + 1/2 + ... + 1/m: Benjamini and Yekutieli (2001), Annals of Statistics 29. O(m log m).
pub fn false_discovery(p: &[f64], any_dependence: bool) -> Vec<f64> {
    let m = p.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let harmonic = if any_dependence { (1..=m).map(|i| 1.0 / i as f64).sum() } else { 1.0 };
    let mut adjusted = vec![0.0; m];
    let mut ceiling = 1.0f64;
    for (place, &at) in order.iter().enumerate().rev() {
        ceiling = ceiling.min(p[at] * harmonic * m as f64 / (place + 1) as f64);
        adjusted[at] = ceiling;
    }
    adjusted
}

/// Share of true null hypotheses, from how many p-values lie above `above`, at most 1: Storey (2002), A direct approach to
/// false discovery rates, JRSS B 64. NaN without p-values. O(m).
pub fn null_share(p: &[f64], above: f64) -> f64 {
    let more = p.iter().filter(|p| **p > above).count() as f64;
    let share = more / (p.len() as f64 * (1.0 - above));
    if share > 1.0 { 1.0 } else { share }
}

/// Probability of the null given a value that is normal around `null` or around `other`, a mean and a standard deviation
/// each, when `share` of all cases are null: Efron, Tibshirani, Storey and Tusher (2001), Empirical Bayes analysis of a
/// microarray experiment, JASA 96. O(1).
pub fn null_probability(value: f64, null: (f64, f64), other: (f64, f64), share: f64) -> f64 {
    let log_density = |(mean, sd): (f64, f64)| -0.5 * ((value - mean) / sd).powi(2) - libm::log(sd);
    let odds = libm::exp(log_density(other) - log_density(null)) * (1.0 - share) / share;
    1.0 / (1.0 + odds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[0.2]), [0.2]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn discoveries_by_hand() {
        assert_eq!(false_discovery(&[0.01, 0.04, 0.03, 0.02], false), [0.04, 0.04, 0.04, 0.04]);
        assert_eq!(false_discovery(&[0.5, 0.125], false), [0.5, 0.25]);
        assert_eq!(false_discovery(&[0.5, 0.125], true), [0.75, 0.375]);
        assert!(false_discovery(&[], true).is_empty());
    }

    #[test]
    fn shares_and_odds() {
        assert_eq!(null_share(&[0.9, 0.7, 0.2, 0.1], 0.5), 1.0);
        assert_eq!(null_share(&[0.9, 0.01, 0.2, 0.1], 0.5), 0.5);
        assert!(null_share(&[], 0.5).is_nan());
        assert_eq!(null_probability(1.0, (0.0, 1.0), (2.0, 1.0), 0.5), 0.5);
        assert!(null_probability(40.0, (0.0, 1.0), (2.0, 1.0), 0.5) < 1e-20);
        assert_eq!(null_probability(-1e3, (0.0, 1.0), (2.0, 1.0), 0.5), 1.0);
    }
}
