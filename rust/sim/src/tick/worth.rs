//! What lots at a price are worth, in the integer unit an instrument's cash is counted in.

use quantrl_feed::Instrument;
use quantrl_lob::Side;

/// One tick-lot for linear instruments; 1e-18 lots per tick for inverse ones, paid in base currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    base_tick: i64,
    inverse: bool,
    num: u128,
    den: u128,
}

/// Cash units of a lot at tick 1 of an inverse instrument.
const FINE: i128 = 1_000_000_000_000_000_000;

impl Worth {
    /// Of an instrument.
    pub fn of(instrument: &Instrument) -> Self {
        let Instrument { tick_size, lot_size, multiplier, inverse, base_tick, .. } = *instrument;
        let tick = if inverse { [tick_size.den, tick_size.num] } else { [tick_size.num, tick_size.den] };
        let mut num = [tick[0], lot_size.num, multiplier.num];
        let mut den = [tick[1], lot_size.den, multiplier.den];
        for n in &mut num {
            for d in &mut den {
                let common = gcd(*n, *d);
                (*n, *d) = (*n / common, *d / common);
            }
        }
        // Three 64-bit factors may pass 128 bits; such an instrument has no amounts, see `units_of`.
        let product = |v: [u64; 3]| v.iter().try_fold(1u128, |all, &x| all.checked_mul(u128::from(x)));
        let fine = if inverse { FINE as u128 } else { 1 };
        let den = product(den).and_then(|den| den.checked_mul(fine));
        match (product(num), den) {
            (Some(num), Some(den)) => Self { base_tick, inverse, num, den },
            _ => Self { base_tick, inverse, num: 0, den: 0 },
        }
    }

    /// Price in absolute ticks of a stored tick.
    #[inline]
    pub fn ticks(&self, tick: i32) -> i64 {
        self.base_tick.saturating_add(i64::from(tick))
    }

    /// Cash units of a lot at a price: what a long position gains per lot as the price moves is the difference.
    /// Inverse prices below one tick count as one tick.
    #[inline]
    pub fn of_lot(&self, ticks: i64) -> i128 {
        if self.inverse { -(FINE / i128::from(ticks.max(1))) } else { i128::from(ticks) }
    }

    /// Cash units that change hands, and their size, when `lots` trade at a price.
    #[inline]
    pub fn traded(&self, side: Side, ticks: i64, lots: u32) -> (i128, i128) {
        let worth = self.of_lot(ticks) * i128::from(lots);
        (if side == Side::Buy { -worth } else { worth }, worth.abs())
    }

    /// Currency of one cash unit, for outputs.
    pub fn unit(&self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// Cash units of an amount of currency, to the nearest, halves away from 0. None out of range.
    pub fn units_of(&self, amount: i128) -> Option<i128> {
        if amount == 0 {
            return Some(0);
        }
        if self.num == 0 {
            return None;
        }
        let scaled = amount.unsigned_abs().checked_mul(self.den)?.checked_add(self.num / 2)? / self.num;
        let units = i128::try_from(scaled).ok().filter(|&units| units < 1 << 100)?;
        Some(if amount < 0 { -units } else { units })
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use quantrl_feed::{Decimal, Rational};

    use super::*;

    fn instrument(tick: &str, lot: &str) -> Instrument {
        let decimal = |text| Decimal::parse("size", text).unwrap();
        Instrument::new("X", decimal(tick), decimal(lot))
    }

    #[test]
    fn linear_by_hand() {
        let worth = Worth::of(&Instrument { base_tick: 100, ..instrument("0.25", "2") });
        assert_eq!(worth.unit(), 0.5);
        assert_eq!(worth.ticks(-3), 97);
        assert_eq!(worth.traded(Side::Buy, 97, 10), (-970, 970));
        assert_eq!(worth.traded(Side::Sell, -5, 10), (-50, 50));
        assert_eq!([3, -3, 0, 1].map(|v| worth.units_of(v)), [Some(6), Some(-6), Some(0), Some(2)]);
    }

    #[test]
    fn inverse_gains_as_one_over_price() {
        // 100 USD a contract, tick 0.5 USD: 10 contracts from 10,000 to 12,500 USD gain 1000/10000 - 1000/12500 = 0.02.
        let worth = Worth::of(&Instrument {
            inverse: true,
            multiplier: Rational { num: 100, den: 1 },
            ..instrument("0.5", "1")
        });
        let (bought, _) = worth.traded(Side::Buy, 20_000, 10);
        let (sold, _) = worth.traded(Side::Sell, 25_000, 10);
        assert!(((bought + sold) as f64 * worth.unit() - 0.02).abs() < 1e-15);
    }

    #[test]
    fn out_of_range_is_told() {
        let mut vast = instrument("1", "1");
        vast.tick_size = Rational { num: 1, den: u64::MAX };
        vast.lot_size = Rational { num: 1, den: u64::MAX - 1 };
        vast.multiplier = Rational { num: 1, den: u64::MAX - 2 };
        assert_eq!(Worth::of(&vast).units_of(1), None);
        assert_eq!(Worth::of(&vast).units_of(0), Some(0));
    }
}
