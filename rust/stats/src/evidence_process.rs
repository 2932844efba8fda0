//! Evidence that may be looked at every day: a bet against "the mean of clipped returns is at most 0".
//!
//! Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B 86. Losses count up
//! to 20 standard deviations, gains up to 4; who ever lost more is not certified at all.

const BURN: usize = 21;
const UNIT: f64 = 4.0;
const WORST: f64 = -5.0;
const BEST: f64 = 1.0;
const LARGEST_BET: f64 = 0.19;

/// Largest logarithm the evidence of a series reached; 0 before it starts, -infinity after a row beyond the largest
/// loss. E exceeds 1 / alpha with probability at most alpha if the mean is not positive. O(n).
pub fn log_evidence(returns: &[f64]) -> f64 {
    let (mut sum, mut square, mut logs, mut most) = (0.0, 0.0, 0.0f64, 0.0f64);
    for (row, &r) in returns.iter().enumerate() {
        if row >= BURN && square > 0.0 {
            let rows = row as f64;
            let scale = UNIT * (square / rows).sqrt();
            let x = (r / scale).clamp(WORST, BEST);
            if x <= WORST {
                return f64::NEG_INFINITY;
            }
            let bet = (2.0 * sum / rows / (square / rows).sqrt()).clamp(0.0, LARGEST_BET);
            logs += libm::log1p(bet * x);
            most = most.max(logs);
        }
        sum += r;
        square += r * r;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::log_evidence;

    #[test]
    fn grows_with_gains_and_is_void_after_a_crash() {
        let steady: Vec<f64> = (0..500).map(|i| if i % 3 == 0 { -0.01 } else { 0.01 }).collect();
        assert!(log_evidence(&steady) > 3.0);
        let mut crashed = steady.clone();
        crashed[400] = -0.5;
        assert_eq!(log_evidence(&crashed), f64::NEG_INFINITY);
        let losing: Vec<f64> = steady.iter().map(|r| -r).collect();
        assert!(log_evidence(&losing) < 0.5);
        assert_eq!(log_evidence(&[0.0; 100]), 0.0);
    }
}
