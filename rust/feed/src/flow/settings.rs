use crate::error::Error;

/// The book a simulation starts with: the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Best bid; the best ask is one above.
    pub bid: i32,
    /// Levels a side.
    pub levels: u32,
    /// Orders a level.
    pub orders: u32,
    /// Lots an order.
    pub lots: u32,
}

impl Default for Opening {
    fn default() -> Self {
        Self { bid: 10_000, levels: 20, orders: 3, lots: 1 }
    }
}

/// A rate that is finite and not negative.
pub(super) fn rate(argument: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Error::config(argument, "a finite rate, 0 or more", value))
    }
}

/// Rates of which at least one is above 0.
pub(super) fn some(argument: &'static str, total: f64) -> Result<(), Error> {
    if total > 0.0 { Ok(()) } else { Err(Error::config(argument, "a rate above 0", total)) }
}
