use crate::normal::quantile;
use crate::sum::sum;

const MIN_RANKED: usize = 8;
const MIN_SCORED: usize = 3;
const CLIP: f64 = 3.0;
const GUARD: f64 = 6.0;
const WORST: f64 = -50.0;

/// Scores of one round: normal scores of average ranks from eight agents on, clipped standard scores from three on,
/// `None` below. O(n log n).
pub(crate) fn scores(x: &[f64]) -> Option<Vec<f64>> {
    match x.len() {
        ..MIN_SCORED => None,
        MIN_SCORED..MIN_RANKED => Some(standard(x)),
        _ => Some(normal_scores(x)),
    }
}

/// A loss beyond six target volatilities enters at its size, so that rare crashes are not hidden by ranks. `share` is
/// the share of rounds the agent acted in, `sigma` the target volatility per period. O(1).
pub(super) fn guarded(z: f64, x: f64, share: f64, sigma: f64) -> f64 {
    let loss = x * share.sqrt();
    if loss < -GUARD * sigma { (loss / sigma).max(WORST) } else { z }
}

fn standard(x: &[f64]) -> Vec<f64> {
    if x.iter().all(|&v| v == x[0]) {
        return vec![0.0; x.len()];
    }
    let n = x.len() as f64;
    let mean = sum(x, |v| v) / n;
    let sd = (sum(x, |v| (v - mean) * (v - mean)) / n).sqrt();
    x.iter().map(|v| ((v - mean) / sd).clamp(-CLIP, CLIP)).collect()
}

fn normal_scores(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut z = vec![0.0; n];
    let mut below = 0;
    for tied in order.chunk_by(|&a, &b| x[a] == x[b]) {
        // The average rank of the run, less one half.
        let rank = below as f64 + tied.len() as f64 / 2.0;
        let score = quantile(rank / n as f64);
        tied.iter().for_each(|&i| z[i] = score);
        below += tied.len();
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_average_ties() {
        let z = scores(&[3.0, 1.0, 1.0, 2.0, 5.0, 6.0, 7.0, 8.0]).unwrap();
        assert_eq!(z[1], z[2]);
        assert_eq!(z[1], quantile(1.0 / 8.0));
        assert_eq!(z[7], quantile(7.5 / 8.0));
        assert!(scores(&[0.5; 9]).unwrap().iter().all(|&z| z == 0.0));
    }

    #[test]
    fn signed_zeros_tie() {
        let z = scores(&[0.0, -0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(z[0], z[1]);
    }

    #[test]
    fn few_agents() {
        assert!(scores(&[1.0, 2.0]).is_none());
        assert_eq!(scores(&[0.1; 3]).unwrap(), [0.0; 3]);
        let z = scores(&[1.0, 2.0, 3.0]).unwrap();
        assert!((z[2] - 1.5f64.sqrt()).abs() < 1e-15 && z[1] == 0.0);
    }

    #[test]
    fn guard_fires_on_losses_only() {
        assert_eq!(guarded(0.3, -0.05, 1.0, 0.01), 0.3);
        assert_eq!(guarded(0.3, -0.08, 1.0, 0.01), -8.0);
        assert_eq!(guarded(0.3, -0.08, 0.25, 0.01), 0.3);
        assert_eq!(guarded(0.3, -9.0, 1.0, 0.01), -50.0);
        assert_eq!(guarded(0.3, 9.0, 1.0, 0.01), 0.3);
    }
}
