//! Mean, variance, skewness and kurtosis of one series.

use crate::sum::{sum, sums};

/// A deviation below this share of the mean is rounding: returns of a constant growth differ in their last bits.
const ROUNDING: f64 = 1e-9;

/// Largest variance about `mean` that is rounding.
pub(crate) fn rounding(mean: f64) -> f64 {
    (ROUNDING * mean) * (ROUNDING * mean)
}

/// First four moments. Skewness and kurtosis are population moments; kurtosis is 3 for a normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Number of periods, at least 1.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with n - 1 in the denominator; NaN for one period, exactly 0 for a series that is constant
    /// but for rounding.
    pub sd: f64,
    /// g3; NaN where the series does not vary, or where it was not asked for.
    pub skew: f64,
    /// g4; NaN where the series does not vary, or where it was not asked for.
    pub kurtosis: f64,
}

impl Moments {
    /// Moments of a finite series, or `None` of an empty one. O(n), two passes.
    pub fn of(x: &[f64]) -> Option<Self> {
        let plain = Self::first_two(x)?;
        if plain.is_constant() {
            return Some(plain);
        }
        let n = x.len() as f64;
        let [m2, m3, m4] = sums(x, |v| {
            let d = v - plain.mean;
            let square = d * d;
            [square, square * d, square * square]
        });
        let variance = m2 / n;
        let (skew, kurtosis) = (m3 / n / (variance * variance.sqrt()), m4 / n / (variance * variance));
        Some(Self { skew, kurtosis, ..plain })
    }

    /// The same without skewness and kurtosis, for half the work. O(n), two passes.
    pub fn first_two(x: &[f64]) -> Option<Self> {
        let first = *x.first()?;
        let n = x.len() as f64;
        let sd = if x.len() > 1 { 0.0 } else { f64::NAN };
        let constant = |mean| Self { n: x.len(), mean, sd, skew: f64::NAN, kurtosis: f64::NAN };
        if x.iter().all(|&v| v == first) {
            return Some(constant(first));
        }
        let mean = sum(x, |v| v) / n;
        let m2 = sum(x, |v| (v - mean) * (v - mean));
        if m2 / n <= rounding(mean) {
            return Some(constant(mean));
        }
        Some(Self { n: x.len(), mean, sd: (m2 / (n - 1.0)).sqrt(), skew: f64::NAN, kurtosis: f64::NAN })
    }

    /// True where the series takes one value only, but for rounding.
    pub fn is_constant(&self) -> bool {
        self.n < 2 || self.sd <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_series_by_hand() {
        let m = Moments::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert_eq!(m.mean, 3.0);
        assert!((m.sd - (14.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((m.skew - 4.5 / 3.5f64.powf(1.5)).abs() < 1e-15);
        assert!((m.kurtosis - 24.5 / 12.25).abs() < 1e-15);
    }

    #[test]
    fn constants_do_not_vary() {
        let m = Moments::of(&[0.1; 30]).unwrap();
        assert!(m.is_constant() && m.sd == 0.0 && m.mean == 0.1 && m.skew.is_nan());
        assert!(Moments::of(&[0.1]).unwrap().is_constant());
        assert!(Moments::of(&[]).is_none());
    }
}
