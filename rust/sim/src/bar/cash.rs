use crate::bar::{Costs, Error, Side};

/// Cash units in one currency unit.
const CASH_UNITS: f64 = 1e8;
/// Rates are whole multiples of 1e-15, so one read from decimal basis points is exact.
const RATE_UNITS: i64 = 1_000_000_000_000_000;
/// An amount this close above a whole cash unit is that unit.
const UNIT_NOISE: f64 = 1e-6;

/// The integer form of [`Costs`]: the same rates and fees on whole ticks and whole cash units of 1e-8, always rounded
/// against the account. cost = max(minimum, fixed + slippage + fee), as there.
#[derive(Clone, Debug, PartialEq)]
pub struct CashCosts {
    fee: Vec<[i64; 2]>,
    slippage: Vec<i64>,
    fixed: i64,
    minimum: i64,
}

impl CashCosts {
    /// # Errors
    /// A fixed or minimum fee beyond 64 bits of cash units.
    pub fn new(costs: &Costs) -> Result<Self, Error> {
        let rate = |rate: f64| (rate * RATE_UNITS as f64).round() as i64;
        Ok(Self {
            fee: costs.fee.iter().map(|sides| sides.map(rate)).collect(),
            slippage: costs.slippage.iter().map(|&slippage| rate(slippage)).collect(),
            fixed: units("fixed", costs.fixed)?,
            minimum: units("minimum", costs.minimum)?,
        })
    }

    /// Number of instruments.
    pub fn n(&self) -> usize {
        self.slippage.len()
    }

    /// Price got, in ticks: slippage rounds up for a buy and down for a sale, which still gets one tick.
    ///
    /// # Errors
    /// Beyond 64 bits.
    pub fn slipped(&self, i: usize, side: Side, price: i64) -> Result<i64, Error> {
        let (unit, rate, price) = (i128::from(RATE_UNITS), i128::from(self.slippage[i]), i128::from(price));
        let slipped = match side {
            Side::Buy => price + div_up(price * rate, unit),
            Side::Sell => (price - div_up(price * rate, unit)).max(1),
        };
        slipped
            .try_into()
            .map_err(|_| Error::Range(format!("price of instrument {i}: {slipped} ticks with slippage")))
    }

    /// Fee in cash units, rounded up, on top of what slippage costs; both amounts are below 2^63.
    pub fn fee(&self, i: usize, side: Side, notional: i128, slippage: i128) -> i128 {
        let rate = i128::from(self.fee[i][side as usize]);
        let fee = div_up(notional * rate, i128::from(RATE_UNITS)) + i128::from(self.fixed);
        fee.max(i128::from(self.minimum) - slippage)
    }
}

fn div_up(amount: i128, by: i128) -> i128 {
    (amount + by - 1).div_euclid(by)
}

fn units(name: &str, currency: f64) -> Result<i64, Error> {
    let units = (currency * CASH_UNITS - UNIT_NOISE).ceil();
    if units < i64::MAX as f64 / 4.0 {
        return Ok(units as i64);
    }
    Err(Error::Config(format!("{name}: expected an amount that 64 bits of 1e-8 hold, got {currency}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_those_of_the_float_engine() {
        let floats = Costs::new(0.001, 0.002, &[0.0, 0.0005], 1.5, 20.0).unwrap();
        let costs = CashCosts::new(&floats).unwrap();
        for k in 1..3_000_i64 {
            // Slippage of 0.0005 is a whole number of ticks at these prices: nothing is rounded but the fee.
            let (i, price, lots) = (k as usize % 2, 2_000 * (1 + k % 500), 1 + 37 * k % 5_003);
            for (side, sign) in [(Side::Buy, 1.0), (Side::Sell, -1.0)] {
                let slipped = costs.slipped(i, side, price).unwrap();
                let units = |price: i64| i128::from(price) * i128::from(lots) * 100_000;
                let slippage = (units(slipped) - units(price)).abs();
                let found = (slippage + costs.fee(i, side, units(slipped), slippage)) as f64 * 1e-8;
                let x = sign * units(price) as f64 * 1e-8;
                let over = found - floats.order(i, x);
                let noise = 1e-13 * x.abs();
                assert!((-noise..1e-8 + noise).contains(&over), "{found} is {over} above the float cost");
            }
        }
    }

    #[test]
    fn a_decimal_rate_is_exact() {
        for bps in [0.1, 1.0, 3.0, 7.0, 10.0, 12.5, 33.3, 9_999.0] {
            let costs = CashCosts::new(&Costs::new(bps * 1e-4, 0.0, &[0.0], 0.0, 0.0).unwrap()).unwrap();
            let notional = 10_000_000_000;
            assert_eq!(costs.fee(0, Side::Buy, notional, 0), (bps * 1e6).round() as i128, "{bps}");
            assert_eq!(costs.fee(0, Side::Buy, notional + 1, 0), (bps * 1e6).round() as i128 + 1, "{bps}");
        }
    }
}
