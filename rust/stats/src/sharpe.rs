//! How sure a Sharpe ratio is. Everything here is per period and not annualised.

use crate::expected_max::expected_max_z;
use crate::moments::Moments;
use crate::normal::{cdf, quantile};
use crate::reason::{Measured, Reason};

/// A Sharpe ratio with the moments that decide its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Mean over standard deviation (n - 1), per period.
    pub sharpe: f64,
    /// Number of periods.
    pub n: f64,
    /// Skewness, g3.
    pub skew: f64,
    /// Kurtosis, g4; 3 for a normal.
    pub kurtosis: f64,
}

/// Where the variance of the estimate is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variance {
    /// At the estimate: Bailey and Lopez de Prado (2012).
    Estimate,
    /// At the benchmark, with lag-1 autocorrelation: Lopez de Prado, Lipton and Zoonekynd (2025).
    Null {
        /// Lag-1 autocorrelation of the returns, inside (-1, 1).
        autocorrelation: f64,
    },
}

impl Evidence {
    /// Evidence in a series, less `risk_free` per period.
    ///
    /// # Errors
    /// `TooShort` below three periods, `ZeroVariance` for a constant series.
    pub fn of(moments: &Moments, risk_free: f64) -> Result<Self, Reason> {
        if moments.n < 3 {
            return Err(Reason::TooShort);
        }
        if moments.is_constant() {
            return Err(Reason::ZeroVariance);
        }
        let sharpe = (moments.mean - risk_free) / moments.sd;
        Ok(Self { sharpe, n: moments.n as f64, skew: moments.skew, kurtosis: moments.kurtosis })
    }

    /// Variance of the estimated ratio. O(1).
    pub fn variance(&self, benchmark: f64, form: Variance) -> f64 {
        match form {
            Variance::Estimate => self.shape(self.sharpe) / (self.n - 1.0),
            Variance::Null { autocorrelation: rho } => {
                let a = (1.0 + rho) / (1.0 - rho);
                let b = 1.0 + rho / (1.0 - rho) + rho * rho / (1.0 - rho * rho);
                let c = (1.0 + rho * rho) / (1.0 - rho * rho);
                let spread = c * (self.kurtosis - 1.0) * benchmark * benchmark / 4.0;
                (a - b * self.skew * benchmark + spread) / self.n
            }
        }
    }

    fn shape(&self, sharpe: f64) -> f64 {
        1.0 - self.skew * sharpe + (self.kurtosis - 1.0) / 4.0 * sharpe * sharpe
    }

    /// Probability that the true ratio exceeds `benchmark`: Bailey and Lopez de Prado (2012). O(1).
    pub fn psr(&self, benchmark: f64, form: Variance) -> Measured {
        let variance = self.variance(benchmark, form);
        if variance > 0.0 {
            Measured::ok(cdf((self.sharpe - benchmark) / variance.sqrt()))
        } else {
            Measured::none(Reason::ZeroVariance)
        }
    }

    /// PSR against what the best of `trials` skill-free trials shows, whose ratios spread by `sd_trials` per period:
    /// Bailey and Lopez de Prado (2014). O(1).
    pub fn deflated(&self, trials: f64, sd_trials: f64) -> Measured {
        self.psr(sd_trials * expected_max_z(trials), Variance::Estimate)
    }

    /// Periods after which this ratio beats `benchmark` at `confidence`: Bailey and Lopez de Prado (2012). O(1).
    pub fn min_track_record(&self, benchmark: f64, confidence: f64) -> Measured {
        let gap = self.sharpe - benchmark;
        if gap <= 0.0 {
            return Measured::none(Reason::BelowBenchmark);
        }
        // Below one half the shortest record is enough.
        let z = quantile(confidence).max(0.0) / gap;
        Measured::ok(1.0 + self.shape(self.sharpe) * z * z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NULL: Variance = Variance::Null { autocorrelation: 0.0 };

    #[test]
    fn published_probabilities() {
        let hedge_fund = Evidence { sharpe: 0.458, n: 24.0, skew: -2.448, kurtosis: 10.164 };
        let normal = Evidence { skew: 0.0, kurtosis: 3.0, ..hedge_fund };
        assert!((hedge_fund.psr(0.0, Variance::Estimate).value - 0.9134).abs() < 1e-4);
        assert!((hedge_fund.psr(0.0, NULL).value - 0.9876).abs() < 1e-4);
        assert!((normal.psr(0.0, Variance::Estimate).value - 0.9817).abs() < 1e-4);
    }

    #[test]
    fn deflated_for_trials() {
        let best = Evidence { sharpe: 2.5 / 250f64.sqrt(), n: 1250.0, skew: -3.0, kurtosis: 10.0 };
        let spread = (0.5f64 / 250.0).sqrt();
        for (trials, expected) in [(100.0, 0.9004), (46.0, 0.9505)] {
            let probability = best.deflated(trials, spread).value;
            assert!((probability - expected).abs() < 1e-4, "{trials}: {probability}");
        }
    }

    #[test]
    fn track_record() {
        let daily = 252f64.sqrt();
        let evidence = Evidence { sharpe: 2.0 / daily, n: 252.0, skew: 0.0, kurtosis: 3.0 };
        assert!((evidence.min_track_record(1.0 / daily, 0.95).value - 688.2).abs() < 0.05);
        assert_eq!(evidence.min_track_record(1.0, 0.95).reason, Reason::BelowBenchmark);
        assert_eq!(evidence.min_track_record(0.0, 0.3).value, 1.0);
    }

    #[test]
    fn autocorrelation_widens() {
        let evidence = Evidence { sharpe: 0.1, n: 500.0, skew: 0.0, kurtosis: 3.0 };
        let wide = evidence.variance(0.0, Variance::Null { autocorrelation: 0.2 });
        assert!((wide / evidence.variance(0.0, NULL) - 1.5).abs() < 1e-12);
    }
}
