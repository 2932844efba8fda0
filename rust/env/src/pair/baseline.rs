//! Rules without learning: a target position from z, the position held and its age.

use crate::Error;
use crate::pair::layout::Layout;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// +1 at z <= -a, -1 at z >= a, hold between: the optimum of `quantrl_stats::ou`.
    Threshold {
        /// a, in s.
        a: f64,
    },
    /// Open against |z| >= open; close at |z| <= close, on the other side of 0 or after `most` decisions.
    Band {
        /// In s.
        open: f64,
        /// In s.
        close: f64,
        /// Decisions; infinity = never.
        most: f64,
    },
    /// Always the same target.
    Constant {
        /// -1 to 1.
        target: f64,
    },
}

impl Rule {
    /// By name, with its numbers: `threshold` (a), `band` (open, close, most), `constant` (target).
    ///
    /// # Errors
    /// An unknown name, another number of numbers, or one out of range.
    pub fn of(name: &str, numbers: &[f64]) -> Result<Self, Error> {
        let rule = match (name, numbers) {
            ("threshold", &[a]) if a >= 0.0 => Self::Threshold { a },
            ("band", &[open, close, most]) if open > close && close >= 0.0 && most > 0.0 => {
                Self::Band { open, close, most }
            }
            ("constant", &[target]) if target.abs() <= 1.0 => Self::Constant { target },
            _ => {
                return Err(Error::Config(format!(
                    "rule: expected threshold (a), band (open > close >= 0, most) or constant (-1 to 1), got {name} {numbers:?}"
                )));
            }
        };
        Ok(rule)
    }

    /// The action nearest to what the rule wants.
    pub fn act(&self, layout: &Layout, z: f64, held: f64, age: u64) -> usize {
        let target = match *self {
            Self::Threshold { a } if z.abs() >= a => -1.0_f64.copysign(z),
            Self::Threshold { .. } => held,
            Self::Band { open, close, most } => {
                let done = z * held >= -close || age as f64 >= most;
                let kept = if held != 0.0 && done { 0.0 } else { held };
                if kept == 0.0 && z.abs() >= open { -1.0_f64.copysign(z) } else { kept }
            }
            Self::Constant { target } => target,
        };
        libm::round(0.5 * (target + 1.0) * (layout.targets() - 1) as f64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::layout::Features;

    const A3: Layout = Layout {
        features: Features::Core,
        actions: 3,
        styles: 1,
        statistics: false,
        theta: false,
        stock: false,
    };

    #[test]
    fn thresholds_never_rest_flat_once_they_traded() {
        let rule = Rule::of("threshold", &[0.8]).unwrap();
        let acts = [-0.9, -0.5, 0.7, 0.8, 0.0].iter().scan(0.0, |held, &z| {
            let action = rule.act(&A3, z, *held, 0);
            *held = A3.target(action);
            Some(action)
        });
        assert_eq!(acts.collect::<Vec<_>>(), [2, 2, 2, 0, 0]);
    }

    #[test]
    fn bands_open_and_close() {
        let rule = Rule::of("band", &[2.0, 0.0, 900.0]).unwrap();
        assert_eq!(rule.act(&A3, -2.1, 0.0, 0), 2);
        assert_eq!(rule.act(&A3, -0.1, 1.0, 5), 2);
        assert_eq!(rule.act(&A3, 0.1, 1.0, 5), 1);
        assert_eq!(rule.act(&A3, -1.9, 1.0, 900), 1);
        assert_eq!(rule.act(&A3, 2.5, 1.0, 5), 0);
    }

    #[test]
    fn bad_numbers_are_refused() {
        for (name, numbers) in [("threshold", &[-1.0][..]), ("band", &[1.0, 2.0, 3.0]), ("other", &[])] {
            assert!(Rule::of(name, numbers).is_err(), "{name}");
        }
    }
}
