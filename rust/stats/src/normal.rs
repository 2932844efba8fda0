//! The standard normal distribution. The quantile lives with the generator; this is its inverse.

use std::f64::consts::FRAC_1_SQRT_2;

pub use quantrl_rng::normal_quantile as quantile;

/// Phi(z), accurate in both tails. O(1).
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(cdf(0.0), 0.5);
        assert!((cdf(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
        assert!((cdf(-10.0) / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-13);
        assert_eq!(cdf(40.0), 1.0);
        assert!(cdf(f64::NAN).is_nan());
    }

    #[test]
    fn inverts_the_quantile() {
        for p in [1e-12, 1e-3, 0.2, 0.5, 0.8, 0.999] {
            assert!((cdf(quantile(p)) / p - 1.0).abs() < 1e-13, "{p}");
        }
    }
}
