//! Trading in continuous time: thresholds and values after Bertram (2010), Physica A 389, with long and short legs.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use crate::ou::dawson;

/// Overshoot of a random walk past a boundary, in deviations of a step: -zeta(1/2) / sqrt(2 pi).
pub const SHIFT: f64 = 0.582_6;

/// sigma_Delta / s = sqrt(1 - e^(-2 kappa Delta)).
pub fn step_deviation(kappa_dt: f64) -> f64 {
    (-libm::expm1(-2.0 * kappa_dt)).sqrt()
}

/// a/s: short above, long below the other side, hold between. Solves u - F(u) = k / (s sqrt 2), u = a / (s sqrt 2), F
/// Dawson's integral, to the last bits. NaN where k is negative or not finite. O(1).
pub fn threshold(k: f64) -> f64 {
    if !(k >= 0.0 && k.is_finite()) {
        return f64::NAN;
    }
    // g(u) = u - F(u) grows from 0, and F is at most 0.5411.
    let wanted = k * FRAC_1_SQRT_2;
    let (mut low, mut high) = (wanted, wanted + 0.542);
    while high - low > 4.0 * f64::EPSILON * high {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if lift(middle) < wanted { low = middle } else { high = middle }
    }
    SQRT_2 * if k == 0.0 { 0.0 } else { 0.5 * (low + high) }
}

/// u - F(u) without cancellation near 0, where it is 2/3 u^3 - 4/15 u^5 + ...
fn lift(u: f64) -> f64 {
    if u >= 0.2 {
        return u - dawson(u);
    }
    let (mut term, mut sum) = (u, 0.0);
    for n in 1..14 {
        term *= -2.0 * u * u / (2 * n + 1) as f64;
        sum -= term;
    }
    sum
}

/// J(a) / (kappa s) = 2 (a - k) / (pi erfi(a / (s sqrt 2))); its limit sqrt(2 / pi) for a = k = 0.
pub fn value(a: f64, k: f64) -> f64 {
    let u = a * FRAC_1_SQRT_2;
    if u == 0.0 {
        return if k == 0.0 { (2.0 / PI).sqrt() } else { f64::NEG_INFINITY };
    }
    // erfi(u) = 2 / sqrt pi e^(u^2) F(u).
    (a - k) * libm::exp(-u * u) / (PI.sqrt() * dawson(u))
}

/// a_Delta / s = a - 0.5826 sigma_Delta, at least 0: the threshold where decisions are Delta apart.
pub fn threshold_on_clock(k: f64, kappa_dt: f64) -> f64 {
    (threshold(k) - SHIFT * step_deviation(kappa_dt)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_table() {
        // k/s, a/s, J / (kappa s).
        let table = [(0.05, 0.542, 0.6890), (0.1, 0.691, 0.6286), (0.2, 0.887, 0.5382), (0.5, 1.264, 0.3587)];
        for (k, a, j) in table {
            assert!((threshold(k) - a).abs() < 5e-4, "{k} {}", threshold(k));
            assert!((value(threshold(k), k) - j).abs() < 5e-5, "{k} {}", value(threshold(k), k));
        }
        assert_eq!(threshold(0.0), 0.0);
        assert!((value(0.0, 0.0) - 0.7979).abs() < 5e-5);
    }

    #[test]
    fn solves_its_equation() {
        for k in [1e-9, 1e-4, 0.03, 0.5, 3.0, 40.0] {
            let u = threshold(k) * FRAC_1_SQRT_2;
            assert!((lift(u) * SQRT_2 - k).abs() < 1e-12 * k.max(1e-3), "{k}");
        }
        // Small costs: a = (3 k s^2)^(1/3).
        assert!((threshold(1e-9) / 3e-9_f64.cbrt() - 1.0).abs() < 1e-6);
        assert!(threshold(-1.0).is_nan());
    }

    #[test]
    fn neighbours_of_the_threshold_are_worth_less() {
        for k in [0.05, 0.5, 2.0] {
            let a = threshold(k);
            assert!(value(a, k) > value(a * 1.01, k));
            assert!(value(a, k) > value(a * 0.99, k));
        }
    }
}
