use std::fmt;

use crate::tick::Error;

/// Where in the queue lots were cancelled, as seen by an order with `front` lots ahead of it and `back` behind: the
/// chance that they lay behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QueueModel {
    /// All lots leave from behind, until the level is smaller than the front.
    RiskAverse,
    /// back^n / (back^n + front^n).
    Power(f64),
    /// back^n / (back + front)^n.
    Power2(f64),
    /// 1 - (front / (front + back))^n.
    Power3(f64),
    /// ln(1 + back) / (ln(1 + back) + ln(1 + front)), in base units.
    Log,
    /// ln(1 + back) / ln(1 + back + front), in base units.
    Log2,
}

impl QueueModel {
    /// Name as in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RiskAverse => "risk_averse",
            Self::Power(_) => "power",
            Self::Power2(_) => "power2",
            Self::Power3(_) => "power3",
            Self::Log => "log",
            Self::Log2 => "log2",
        }
    }

    /// # Errors
    /// An exponent that is not above 0 and finite.
    pub(super) fn checked(self) -> Result<Self, Error> {
        match self {
            Self::Power(n) | Self::Power2(n) | Self::Power3(n) if !(n.is_finite() && n > 0.0) => {
                Err(Error::config("queue", format_args!("{}(n) with n above 0", self.name()), n))
            }
            _ => Ok(self),
        }
    }

    /// Chance that cancelled lots lay behind; may be NaN or infinite. Lots, `lot` base units each.
    pub(super) fn behind(self, front: f64, back: f64, lot: f64) -> f64 {
        let ln1 = |lots: f64| libm::log(1.0 + lots * lot);
        match self {
            Self::RiskAverse => 1.0,
            Self::Power(n) => {
                let (b, f) = (libm::pow(back, n), libm::pow(front, n));
                b / (b + f)
            }
            Self::Power2(n) => libm::pow(back, n) / libm::pow(back + front, n),
            Self::Power3(n) => 1.0 - libm::pow(front / (front + back), n),
            Self::Log => ln1(back) / (ln1(back) + ln1(front)),
            Self::Log2 => ln1(back) / ln1(back + front),
        }
    }
}

impl fmt::Display for QueueModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Power(n) | Self::Power2(n) | Self::Power3(n) => write!(f, "{}({n})", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}
