//! Reward over risk, annualised with an explicit number of periods per year.

use crate::drawdown::Curve;
use crate::moments::Moments;
use crate::reason::{Measured, Reason};
use crate::sum::sums;

/// What turns per-period numbers into annual ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Annual {
    /// Periods per year, A.
    pub periods: f64,
    /// Risk-free return per period, also the threshold of Sortino and omega.
    pub risk_free: f64,
}

impl Annual {
    /// A yearly risk-free rate is spread geometrically: (1 + rf)^(1/A) - 1. O(1).
    pub fn new(periods: f64, risk_free_annual: f64) -> Self {
        let risk_free = libm::expm1(libm::log1p(risk_free_annual) / periods);
        Self { periods, risk_free }
    }
}

/// (E_T / E_0)^(A / n) - 1; -1 for a ruined account. O(1).
pub fn cagr(curve: &Curve, n: usize, annual: &Annual) -> Measured {
    match (n, curve.ruined) {
        (0, _) => Measured::none(Reason::TooShort),
        (_, true) => Measured::ruined(-1.0),
        _ => Measured::ok(libm::expm1(libm::log(curve.growth) * annual.periods / n as f64)),
    }
}

/// Standard deviation times the root of A. O(1).
pub fn volatility(moments: &Moments, annual: &Annual) -> Measured {
    if moments.n < 2 {
        Measured::none(Reason::TooShort)
    } else {
        Measured::ok(moments.sd * annual.periods.sqrt())
    }
}

/// Sharpe (1994): mean excess return over its standard deviation, times the root of A. O(1).
pub fn sharpe(moments: &Moments, annual: &Annual) -> Measured {
    if moments.n < 2 {
        return Measured::none(Reason::TooShort);
    }
    let excess = (moments.mean - annual.risk_free) * annual.periods.sqrt();
    Measured::ratio(excess, moments.sd, Reason::ZeroVariance)
}

/// Both sides of the risk-free return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sides {
    /// Sum of squares of what returns lack.
    pub shortfall: f64,
    /// Sum of what they exceed it by.
    pub gains: f64,
    /// Sum of what they lack.
    pub losses: f64,
}

impl Sides {
    /// One pass. O(n).
    pub fn of(returns: &[f64], annual: &Annual) -> Self {
        let [shortfall, gains, losses] = sums(returns, |r| {
            let excess = r - annual.risk_free;
            let below = excess.min(0.0);
            [below * below, excess.max(0.0), (-excess).max(0.0)]
        });
        Self { shortfall, gains, losses }
    }
}

/// Sortino and Price (1994): mean excess over the root mean square shortfall, times the root of A. O(1).
pub fn sortino(sides: &Sides, moments: &Moments, annual: &Annual) -> Measured {
    let excess = (moments.mean - annual.risk_free) * annual.periods.sqrt();
    Measured::ratio(excess, (sides.shortfall / moments.n as f64).sqrt(), Reason::NoDownside)
}

/// CAGR over the size of the deepest drawdown. O(1).
pub fn calmar(curve: &Curve, cagr: Measured) -> Measured {
    let ratio = Measured::ratio(cagr.value, -curve.max_drawdown, Reason::NoDrawdown);
    if cagr.reason == Reason::Ok { ratio } else { Measured { reason: cagr.reason, ..ratio } }
}

/// Keating and Shadwick (2002): gains over losses about the risk-free return. O(1).
pub fn omega(sides: &Sides) -> Measured {
    Measured::ratio(sides.gains, sides.losses, Reason::NoLosses)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: Annual = Annual { periods: 252.0, risk_free: 0.0 };

    #[test]
    fn risk_free_is_spread_geometrically() {
        let annual = Annual::new(12.0, 0.05);
        assert!(((1.0 + annual.risk_free).powi(12) - 1.05).abs() < 1e-14);
    }

    #[test]
    fn undefined_has_its_reason() {
        let up = [0.01, 0.02];
        let (moments, curve) = (Moments::of(&up).unwrap(), Curve::of(&up));
        let sides = Sides::of(&up, &DAILY);
        assert_eq!(sortino(&sides, &moments, &DAILY).reason, Reason::NoDownside);
        assert_eq!(omega(&sides).reason, Reason::NoLosses);
        assert_eq!(calmar(&curve, cagr(&curve, 2, &DAILY)).reason, Reason::NoDrawdown);
        assert_eq!(sharpe(&Moments::of(&[0.01; 9]).unwrap(), &DAILY).reason, Reason::ZeroVariance);
        assert_eq!(sharpe(&Moments::of(&[0.01]).unwrap(), &DAILY).reason, Reason::TooShort);
    }

    #[test]
    fn ruin_is_minus_one() {
        let curve = Curve::of(&[0.1, -1.0, 0.5]);
        let growth = cagr(&curve, 3, &DAILY);
        assert_eq!((growth.value, growth.reason), (-1.0, Reason::Ruined));
        assert_eq!(calmar(&curve, growth).value, -1.0);
    }
}
