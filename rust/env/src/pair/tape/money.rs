//! The unit that the money of two recorded instruments is counted in.

use quantrl_feed::Instrument;

use crate::Error;
use crate::pair::world::Quote;

/// Prices of both legs in one unit of money.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// Quote currency of one quantum.
    pub quantum: f64,
    /// Quanta of one tick of one lot, by leg.
    pub worth: [i64; 2],
    /// Tick that recorded ticks are relative to, by leg.
    pub base: [i64; 2],
    /// Price of one tick, quote currency.
    pub tick: [f64; 2],
}

impl Money {
    /// The largest quantum of which a tick of a lot of either leg is a whole multiple.
    ///
    /// # Errors
    /// An instrument that pays in its base currency, sizes without such a quantum.
    pub fn of(legs: [&Instrument; 2]) -> Result<Self, Error> {
        let mut parts = [(0_u128, 0_u128); 2];
        for (part, leg) in parts.iter_mut().zip(legs) {
            let refused = |what: &str| Error::Config(format!("events: {}: {what}", leg.symbol));
            if leg.inverse {
                return Err(refused("pays in its base currency; both legs must pay in one quote currency"));
            }
            let sizes = [leg.tick_size, leg.lot_size, leg.multiplier];
            let product = |of: fn(&quantrl_feed::Rational) -> u64| {
                sizes.iter().try_fold(1_u128, |all, size| all.checked_mul(u128::from(of(size))))
            };
            let (Some(num), Some(den)) = (product(|size| size.num), product(|size| size.den)) else {
                return Err(refused("tick, lot and multiplier are too fine to count money in"));
            };
            let common = gcd(num, den);
            *part = (num / common, den / common);
        }
        let [(num0, den0), (num1, den1)] = parts;
        // a/b and c/d are whole multiples of gcd(a, c) / lcm(b, d), as both are in lowest terms.
        let top = gcd(num0, num1);
        let worth = || {
            let bottom = (den0 / gcd(den0, den1)).checked_mul(den1)?;
            let of = |num: u128, den: u128| i64::try_from((num / top).checked_mul(bottom / den)?).ok();
            Some((bottom, [of(num0, den0)?, of(num1, den1)?]))
        };
        let Some((bottom, worth)) = worth() else {
            let names = format!("{} and {}", legs[0].symbol, legs[1].symbol);
            return Err(Error::Config(format!("events: {names}: no common unit of money")));
        };
        Ok(Self {
            quantum: top as f64 / bottom as f64,
            worth,
            base: legs.map(|leg| leg.base_tick),
            tick: legs.map(|leg| leg.tick_size.to_f64()),
        })
    }

    /// Price of one lot in quanta.
    #[inline]
    pub fn price(&self, leg: usize, tick: i32) -> i64 {
        (self.base[leg] + i64::from(tick)) * self.worth[leg]
    }

    /// The inverse of `price`, of a whole multiple.
    #[inline]
    pub fn stored(&self, leg: usize, price: i64) -> i32 {
        (price / self.worth[leg])
            .saturating_sub(self.base[leg])
            .clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }

    /// Worst price of an order that may pay so many ticks beyond the touch; at the end of the numbers there are no more.
    #[inline]
    pub fn limit(&self, leg: usize, quote: &Quote, lots: i64, ticks: i64) -> i64 {
        let slip = ticks.saturating_mul(self.worth[leg]);
        if lots > 0 { quote.ask.saturating_add(slip) } else { quote.bid.saturating_sub(slip) }
    }

    /// ln of a mid in half quanta of a lot as a price in quote currency.
    pub fn log(&self, leg: usize, mid2: i64) -> f64 {
        libm::log(0.5 * self.tick[leg] * (mid2 / self.worth[leg]) as f64)
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use quantrl_feed::Decimal;

    use super::*;

    fn leg(tick: &str, lot: &str) -> Instrument {
        let size = |text| Decimal::parse("size", text).unwrap();
        Instrument::new("X", size(tick), size(lot))
    }

    #[test]
    fn both_are_whole_multiples() {
        let money = Money::of([&leg("0.01", "0.00001"), &leg("0.01", "0.0001")]).unwrap();
        assert_eq!(money.worth, [1, 10]);
        assert!((money.quantum - 1e-7).abs() < 1e-20);
        let money = Money::of([&leg("0.25", "1"), &leg("0.1", "1")]).unwrap();
        assert_eq!((money.worth, money.quantum), ([5, 2], 0.05));
        let quote = Quote { bid: 90, ask: 100, depth: 1 };
        assert_eq!((money.limit(0, &quote, 3, 2), money.limit(1, &quote, -3, 2)), (110, 86));
        let dear = Money { worth: [i64::MAX / 2; 2], ..money };
        assert_eq!(dear.limit(0, &quote, 3, 1 << 30), i64::MAX);
        assert_eq!(dear.limit(1, &quote, -3, 1 << 30), 90 - i64::MAX);
        let inverse = Instrument { inverse: true, ..leg("1", "1") };
        assert!(Money::of([&inverse, &leg("1", "1")]).is_err());
    }
}
