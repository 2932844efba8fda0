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
}
