/// Why a measure is what it is. The discriminant is the code that crosses to Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Defined.
    Ok = 0,
    /// Fewer periods than the formula needs.
    TooShort,
    /// Every return is the same.
    ZeroVariance,
    /// Nothing lies below the threshold or the lower quantile.
    NoDownside,
    /// The curve never fell below an earlier peak.
    NoDrawdown,
    /// No return lies below the threshold.
    NoLosses,
    /// The account never traded.
    NoTrades,
    /// Equity reached zero; it is frozen there.
    Ruined,
    /// The Sharpe ratio does not exceed the benchmark.
    BelowBenchmark,
    /// Too large for a 64-bit float.
    Overflow,
}

impl Reason {
    /// Name of each code, in the order of the codes.
    pub const NAMES: [&'static str; 10] = [
        "ok",
        "too_short",
        "zero_variance",
        "no_downside",
        "no_drawdown",
        "no_losses",
        "no_trades",
        "ruined",
        "below_benchmark",
        "overflow",
    ];
}

/// A value with the reason it has, or lacks, one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Finite, or NaN where undefined.
    pub value: f64,
    /// `Ok`, or why not; `Ruined` may come with a value.
    pub reason: Reason,
}

impl Measured {
    /// A defined value; infinity and NaN become `Overflow`.
    pub fn ok(value: f64) -> Self {
        if value.is_finite() { Self { value, reason: Reason::Ok } } else { Self::none(Reason::Overflow) }
    }

    /// An undefined value.
    pub fn none(reason: Reason) -> Self {
        Self { value: f64::NAN, reason }
    }

    /// A value of an account that went to zero.
    pub fn ruined(value: f64) -> Self {
        Self { value, reason: Reason::Ruined }
    }

    /// The same, of a ratio whose denominator may be undefined for `reason`.
    pub fn ratio(numerator: f64, denominator: f64, reason: Reason) -> Self {
        if denominator > 0.0 { Self::ok(numerator / denominator) } else { Self::none(reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_never_a_value() {
        assert_eq!(Measured::ok(f64::INFINITY).reason, Reason::Overflow);
        assert!(Measured::ok(f64::INFINITY).value.is_nan());
        assert_eq!(Measured::ratio(1.0, 0.0, Reason::NoLosses).reason, Reason::NoLosses);
    }

    #[test]
    fn codes_index_names() {
        assert_eq!(Reason::NAMES[Reason::Ruined as usize], "ruined");
        assert_eq!(Reason::NAMES[Reason::Overflow as usize], "overflow");
    }
}
