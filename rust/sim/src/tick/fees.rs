//! What an execution costs, in integers.

use quantrl_feed::Instrument;
use quantrl_lob::Side;

use super::error::Error;
use super::order::Liquidity;
use super::worth::Worth;

/// Rates from a turnover on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Turnover in this instrument and session from which on it holds, whole units of quote currency.
    pub from: u64,
    /// Maker rate, 1e-9 of notional; negative is a rebate.
    pub maker: i64,
    /// Taker rate, 1e-9 of notional.
    pub taker: i64,
}

/// Fees of an execution: rate x notional + surcharge x notional + per lot + per trade, at least the minimum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Maker rate, 1e-9 of notional; negative is a rebate.
    pub maker: i64,
    /// Taker rate, 1e-9 of notional.
    pub taker: i64,
    /// Extra rate by side, buys then sells, 1e-9 of notional.
    pub surcharge: [i64; 2],
    /// 1e-9 of quote currency a lot.
    pub per_lot: i64,
    /// 1e-9 of quote currency an execution.
    pub per_trade: i64,
    /// Least fee of an execution, 1e-9 of quote currency; 0 for none.
    pub minimum: i64,
    /// Rates that replace `maker` and `taker` as turnover grows, by rising `from`.
    pub tiers: Vec<Tier>,
}

const BILLION: i128 = 1_000_000_000;

/// Fees in the units of one instrument: billionths of what its cash is counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    rates: Vec<(i128, [i64; 2])>,
    surcharge: [i64; 2],
    per_lot: i128,
    per_trade: i128,
    minimum: i128,
}

impl Fees {
    /// As they apply to an instrument. Amounts in quote currency are rounded to the nearest billionth of its unit.
    ///
    /// # Errors
    /// A rate beyond the notional, amounts out of range, a negative minimum, tiers that do not rise: by name.
    pub fn schedule(&self, instrument: &Instrument) -> Result<Schedule, Error> {
        let rates = [self.maker, self.taker, self.surcharge[0], self.surcharge[1]];
        let tiers = self.tiers.iter().flat_map(|tier| [tier.maker, tier.taker]);
        if let Some(rate) = rates.into_iter().chain(tiers).find(|rate| rate.unsigned_abs() > 1_000_000_000) {
            return Err(Error::config("fees", "rates of at most 1e9, the whole notional", rate));
        }
        if self.minimum < 0 {
            return Err(Error::config("fees.minimum", "at least 0", self.minimum));
        }
        let mut last = None;
        for tier in &self.tiers {
            if last.is_some_and(|last| tier.from <= last) {
                return Err(Error::config("fees.tiers", "rising turnovers", tier.from));
            }
            last = Some(tier.from);
        }
        let worth = Worth::of(instrument);
        let amount = |name: &'static str, nano: i64| {
            let converted = worth.units_of(i128::from(nano));
            converted.ok_or_else(|| Error::config(name, "an amount in range of the instrument's unit", nano))
        };
        let from = |tier: &Tier| {
            let converted = worth.units_of(i128::from(tier.from));
            converted.ok_or_else(|| Error::config("fees.tiers", "a turnover in range", tier.from))
        };
        let mut rates = vec![(i128::MIN, [self.maker, self.taker])];
        for tier in &self.tiers {
            rates.push((from(tier)?, [tier.maker, tier.taker]));
        }
        Ok(Schedule {
            rates,
            surcharge: self.surcharge,
            per_lot: amount("fees.per_lot", self.per_lot)?,
            per_trade: amount("fees.per_trade", self.per_trade)?,
            minimum: amount("fees.minimum", self.minimum)?,
        })
    }
}

impl Schedule {
    /// Fee of an execution of `notional` cash units over `lots`, after `turnover` cash units before it; billionths of a
    /// cash unit.
    #[inline]
    pub fn fee(&self, side: Side, liquidity: Liquidity, notional: i128, lots: u32, turnover: i128) -> i128 {
        let tier = self.rates.iter().rev().find(|(from, _)| *from <= turnover).unwrap_or(&self.rates[0]);
        let rate = tier.1[liquidity as usize] + self.surcharge[side as usize];
        let fee = notional * i128::from(rate) + self.per_lot * i128::from(lots) + self.per_trade;
        if self.minimum > 0 { fee.max(self.minimum) } else { fee }
    }
}

/// Billionths of a cash unit as units, for outputs.
pub fn units(fee: i128) -> f64 {
    fee as f64 / BILLION as f64
}

#[cfg(test)]
mod tests {
    use quantrl_feed::Decimal;

    use super::*;

    fn instrument() -> Instrument {
        let decimal = |text| Decimal::parse("size", text).unwrap();
        Instrument::new("X", decimal("0.1"), decimal("0.001"))
    }

    fn fee(fees: &Fees, side: Side, liquidity: Liquidity, notional: i128, lots: u32, turnover: i128) -> i128 {
        fees.schedule(&instrument()).unwrap().fee(side, liquidity, notional, lots, turnover)
    }

    #[test]
    fn by_hand() {
        use Liquidity::{Maker, Taker};
        use Side::{Buy, Sell};
        // A cash unit is 0.1 x 0.001 = 1e-4 of quote currency: 1 of quote is 10,000 units.
        let fees = Fees { maker: -50_000, taker: 700_000, ..Fees::default() };
        // 7 lots at tick 1,000: 7,000 units; taker 7e-4 of that is 4.9 units, maker -0.5e-4 is -0.35.
        assert_eq!(fee(&fees, Buy, Taker, 7_000, 7, 0), 4_900_000_000);
        assert_eq!(fee(&fees, Buy, Maker, 7_000, 7, 0), -350_000_000);
        let fees = Fees { surcharge: [0, 8_000], ..fees };
        assert_eq!(fee(&fees, Sell, Taker, 7_000, 7, 0), 4_956_000_000);
        assert_eq!(fee(&fees, Buy, Taker, 7_000, 7, 0), 4_900_000_000);
        // 0.0000025 of quote a lot is 0.025 units, 0.001 a trade is 10 units.
        let fees = Fees { per_lot: 2_500, per_trade: 1_000_000, ..Fees::default() };
        assert_eq!(fee(&fees, Sell, Maker, 7_000, 7, 0), 175_000_000 + 10_000_000_000);
        let fees = Fees { maker: -50_000, minimum: 100_000, ..Fees::default() };
        assert_eq!(fee(&fees, Sell, Maker, 7_000, 7, 0), 1_000_000_000);
        assert_eq!(units(-350_000_000), -0.35);
    }

    #[test]
    fn tiers_by_turnover() {
        let tier = |from, taker| Tier { from, maker: 0, taker };
        let fees = Fees { taker: 1_000_000, tiers: vec![tier(10, 500_000), tier(20, 0)], ..Fees::default() };
        for (turnover, expected) in
            [(0, 7_000_000_000), (99_999, 7_000_000_000), (100_000, 3_500_000_000), (200_000, 0)]
        {
            assert_eq!(fee(&fees, Side::Buy, Liquidity::Taker, 7_000, 7, turnover), expected, "{turnover}");
        }
    }

    #[test]
    fn refused() {
        let tier = |from| Tier { from, maker: 0, taker: 0 };
        for fees in [
            Fees { maker: 1_000_000_001, ..Fees::default() },
            Fees { taker: i64::MIN, ..Fees::default() },
            Fees { minimum: -1, ..Fees::default() },
            Fees { tiers: vec![tier(5), tier(5)], ..Fees::default() },
        ] {
            assert!(fees.schedule(&instrument()).is_err(), "{fees:?}");
        }
    }
}
