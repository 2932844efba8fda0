//! What a decision earns, from R = the change of wealth in U.

use crate::pair::config::RewardKind;

const ETA: f64 = 0.01;
const MOST: f64 = 10.0;

/// Running first and second moment of R, for the differential Sharpe ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// A.
    pub first: f64,
    /// B.
    pub second: f64,
}

impl Score {
    /// At a reset: A = 0, B = 2 kappa Delta, or the variance of a step where there is no reversion.
    pub fn new(kappa_dt: f64, step_sd: f64) -> Self {
        let second = if kappa_dt > 0.0 { 2.0 * kappa_dt } else { step_sd * step_sd };
        Self { first: 0.0, second }
    }

    /// Reward of one decision.
    pub fn settle(&mut self, kind: RewardKind, r: f64) -> f64 {
        match kind {
            RewardKind::Pnl { risk_aversion } => r - risk_aversion * r * r,
            RewardKind::DifferentialSharpe => self.differential(r),
        }
    }

    /// (B dA - A dB / 2) / (B - A^2)^(3/2), clipped; Moody and Saffell (1998), equation 6.
    fn differential(&mut self, r: f64) -> f64 {
        let (a, b) = (self.first, self.second);
        let (da, db) = (r - a, r * r - b);
        let spread = b - a * a;
        let gain = (b * da - 0.5 * a * db) / (spread * spread.sqrt());
        self.first += ETA * da;
        self.second += ETA * db;
        gain.clamp(-MOST, MOST)
    }

    /// A / sqrt B and sqrt B.
    pub fn shown(&self) -> [f64; 2] {
        let root = self.second.sqrt();
        [self.first / root, root]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_gain_is_r_over_the_standard_deviation() {
        let mut score = Score::new(0.02, 0.2);
        let gain = score.settle(RewardKind::DifferentialSharpe, 0.1);
        assert!((gain - 0.1 / 0.2).abs() < 1e-15);
        assert!((score.first - 0.001).abs() < 1e-18);
        assert!((score.second - (0.04 + 0.01 * (0.01 - 0.04))).abs() < 1e-15);
    }

    #[test]
    fn risk_aversion_takes_a_square_off() {
        let mut score = Score::new(0.0, 0.2);
        assert_eq!(score.settle(RewardKind::Pnl { risk_aversion: 2.0 }, 0.5), 0.0);
        assert_eq!(score.second, 0.2 * 0.2);
    }
}
