//! How good the best of n skill-free trials looks.

use crate::normal::{cdf, quantile};

const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
const UPPER: f64 = 12.0;
const PANELS: usize = 4096;

/// Expected largest of n standard normals, by the extreme-value approximation of Bailey and Lopez de Prado (2014).
/// `n` may be an effective number; 0 for n = 1, never below 0. O(1).
pub fn expected_max_z(n: f64) -> f64 {
    if n <= 1.0 {
        return 0.0;
    }
    let last = quantile(1.0 - 1.0 / (n * std::f64::consts::E));
    ((1.0 - EULER_GAMMA) * quantile(1.0 - 1.0 / n) + EULER_GAMMA * last).max(0.0)
}

/// The same by quadrature: the integral over x > 0 of 1 - Phi(x)^n - Phi(-x)^n. Composite Simpson, 4,096 panels.
pub fn expected_max_z_exact(n: f64) -> f64 {
    let step = UPPER / PANELS as f64;
    let height = |i: usize| {
        let x = step * i as f64;
        let above = -libm::expm1(n * libm::log1p(-cdf(-x)));
        above - libm::exp(n * libm::log(cdf(-x)))
    };
    let inner: f64 = (1..PANELS).map(|i| height(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (height(0) + inner + height(PANELS)) * step / 3.0
}

/// Years of data below which the best of n skill-free trials is expected to show the annual ratio `sharpe`:
/// Bailey, Borwein, Lopez de Prado and Zhu (2014). O(1).
pub fn min_backtest_length(n: f64, sharpe: f64) -> f64 {
    let ratio = expected_max_z(n) / sharpe;
    ratio * ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_trials() {
        assert!((expected_max_z(40.0) - 2.1895).abs() < 1e-4);
        assert!((expected_max_z_exact(40.0) - 2.1608).abs() < 1e-4);
        assert!((min_backtest_length(40.0, 1.0) - 4.79).abs() < 0.005);
    }

    #[test]
    fn closed_forms() {
        let root_pi = std::f64::consts::PI.sqrt();
        assert!(expected_max_z_exact(1.0).abs() < 1e-12);
        assert!((expected_max_z_exact(2.0) - 1.0 / root_pi).abs() < 1e-10);
        assert!((expected_max_z_exact(3.0) - 1.5 / root_pi).abs() < 1e-10);
        assert_eq!(expected_max_z(1.0), 0.0);
        assert_eq!(expected_max_z(1.1), 0.0);
    }
}
