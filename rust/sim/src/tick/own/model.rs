use std::fmt;

use super::fitted::Fitted;
use super::power::power;
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
    /// As measured on a file of orders.
    Fitted(Fitted),
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
            Self::Fitted(_) => "fitted",
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
    pub(super) fn behind(&self, front: f64, back: f64, lot: f64) -> f64 {
        let ln1 = |lots: f64| libm::log(1.0 + lots * lot);
        match *self {
            Self::RiskAverse => 1.0,
            Self::Power(n) => {
                let (b, f) = (power(back, n), power(front, n));
                b / (b + f)
            }
            Self::Power2(n) => power(back, n) / power(back + front, n),
            Self::Power3(n) => 1.0 - power(front / (front + back), n),
            Self::Log => ln1(back) / (ln1(back) + ln1(front)),
            Self::Log2 => ln1(back) / ln1(back + front),
            Self::Fitted(ref table) => table.behind(front, back),
        }
    }
}

impl fmt::Display for QueueModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Power(n) | Self::Power2(n) | Self::Power3(n) => write!(f, "{}({n})", self.name()),
            Self::Fitted(table) => write!(f, "fitted({table})"),
            _ => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 6 lots ahead, 2 behind.
    #[test]
    fn chances_by_hand() {
        let ln = f64::ln;
        for (model, lot, expected) in [
            (QueueModel::RiskAverse, 1.0, 1.0),
            (QueueModel::Power(1.0), 1.0, 0.25),
            (QueueModel::Power(2.0), 1.0, 0.1),
            (QueueModel::Power(3.0), 0.5, 8.0 / 224.0),
            (QueueModel::Power2(1.0), 1.0, 0.25),
            (QueueModel::Power2(2.0), 0.1, 0.0625),
            (QueueModel::Power3(1.0), 1.0, 0.25),
            (QueueModel::Power3(2.0), 1.0, 0.4375),
            (QueueModel::Log, 1.0, ln(3.0) / (ln(3.0) + ln(7.0))),
            (QueueModel::Log, 0.5, ln(2.0) / (ln(2.0) + ln(4.0))),
            (QueueModel::Log2, 1.0, 0.5),
            (QueueModel::Log2, 0.5, ln(2.0) / ln(5.0)),
        ] {
            let got = model.behind(6.0, 2.0, lot);
            assert!((got - expected).abs() < 1e-15, "{model}: {got}, {expected}");
        }
    }
}
