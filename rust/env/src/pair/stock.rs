//! The stock: what an episode has earned so far on top of where it began, which is all a tail of its P&L depends on.

use quantrl_rng::Draws;

use crate::Error;

/// Values a stock begins at, evenly spaced.
pub const POINTS: u64 = 16;

/// Where stocks begin, and the unit they are shown in; all in U.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stocks {
    /// Least.
    pub low: f64,
    /// Largest.
    pub high: f64,
    /// One of an observation.
    pub unit: f64,
}

impl Stocks {
    /// One of the [`POINTS`] from `low` to `high`, all alike likely.
    pub fn draw(&self, draws: &mut Draws) -> f64 {
        let share = draws.below(POINTS) as f64 / (POINTS - 1) as f64;
        self.low + (self.high - self.low) * share
    }

    /// # Errors
    /// Bounds that are not finite or fall, a unit that is not positive.
    pub fn check(&self) -> Result<(), Error> {
        let Self { low, high, unit } = *self;
        if low.is_finite() && high.is_finite() && low <= high && unit.is_finite() && unit > 0.0 {
            Ok(())
        } else {
            Err(Error::Config(format!(
                "stock: expected low <= high and a positive unit, got {low}, {high} and {unit}"
            )))
        }
    }
}
