//! Mean block length of the stationary bootstrap, chosen from the data.
//!
//! Politis and White (2004), Automatic block-length selection for the dependent bootstrap, Econometric Reviews 23,
//! with the correction of Patton, Politis and White (2009), Econometric Reviews 28.

use crate::sum::sum;

const MIN_RUN: usize = 5;

/// Optimal mean block, in [1, ceil(min(3 sqrt n, n / 3))]. 1 where the series is constant or shorter than 9.
/// O(n sqrt n).
pub fn optimal_block(returns: &[f64]) -> f64 {
    let n = returns.len();
    let longest = (3.0 * (n as f64).sqrt()).min(n as f64 / 3.0).ceil();
    if n < 9 || returns.iter().all(|&r| r == returns[0]) {
        return 1.0;
    }
    let run = MIN_RUN.max((n as f64).log10().sqrt().ceil() as usize);
    let lags = ((n as f64).sqrt().ceil() as usize + run).min(n - 1);
    let covariance = autocovariances(returns, lags);
    let window = bandwidth(&covariance, run, n);
    let (mut slope, mut spectrum) = (0.0, covariance[0]);
    for (lag, &r) in covariance.iter().enumerate().take(window + 1).skip(1) {
        let weight = 2.0 * flat_top(lag as f64 / window as f64) * r;
        slope += weight * lag as f64;
        spectrum += weight;
    }
    if spectrum == 0.0 {
        return longest;
    }
    libm::cbrt((slope / spectrum).powi(2) * n as f64).clamp(1.0, longest)
}

/// Twice the least lag after which `run` autocorrelations in a row look like noise; all lags if there is none.
fn bandwidth(covariance: &[f64], run: usize, n: usize) -> usize {
    let lags = covariance.len() - 1;
    let noise = 2.0 * ((n as f64).log10() / n as f64).sqrt() * covariance[0];
    let quiet = |m: &usize| covariance[m + 1..=m + run].iter().all(|r| r.abs() < noise);
    let cutoff = (0..=lags.saturating_sub(run)).find(quiet);
    cutoff.map_or(lags, |m| (2 * m.max(1)).min(lags))
}

fn autocovariances(returns: &[f64], lags: usize) -> Vec<f64> {
    let n = returns.len();
    let mean = sum(returns, |r| r) / n as f64;
    let centred: Vec<f64> = returns.iter().map(|r| r - mean).collect();
    (0..=lags)
        .map(|lag| centred[lag..].iter().zip(&centred).map(|(a, b)| a * b).sum::<f64>() / n as f64)
        .collect()
}

/// The trapezoid of Politis and Romano (1995): 1 to one half, then down to 0 at 1.
fn flat_top(x: f64) -> f64 {
    if x <= 0.5 { 1.0 } else { 2.0 * (1.0 - x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quantrl_rng::{Channel, Counter, Draws, Key};

    fn autoregression(rho: f64, n: usize) -> Vec<f64> {
        let at = Counter { block: 0, draw: 0, channel: Channel::Check, episode: 0 };
        let mut draws = Draws::new(Key { seed: 3, stream: 0 }, at);
        let mut x = 0.0;
        let mut step = || {
            x = rho * x + draws.normal();
            x
        };
        (0..n).map(|_| step()).collect()
    }

    #[test]
    fn memory_asks_for_longer_blocks() {
        let (noise, persistent) =
            (optimal_block(&autoregression(0.0, 2000)), optimal_block(&autoregression(0.7, 2000)));
        assert!(noise < 6.0 && persistent > 2.0 * noise, "{noise} {persistent}");
    }

    #[test]
    fn degenerate_series() {
        assert_eq!(optimal_block(&[]), 1.0);
        assert_eq!(optimal_block(&[0.01; 500]), 1.0);
        assert!(optimal_block(&autoregression(0.99, 9)) <= 3.0);
    }
}
