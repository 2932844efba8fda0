use crate::bar::Error;
use crate::bar::lanes::{LANES, Lanes, lane, padded};

/// Trading costs: cost = max(minimum, fixed + k |x|) for an order of value x, nothing without an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    n: usize,
    pub(super) rates: Vec<Rates>,
    pub(super) slippage: Vec<f64>,
    /// Fee of a buy and of a sale on the slipped price.
    pub(super) fee: Vec<[f64; 2]>,
    pub(super) fixed: f64,
    pub(super) minimum: f64,
}

/// d variable cost / d x of one block of names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Where x is bought.
    pub buy: Lanes,
    /// Where it is sold: negative.
    pub sell: Lanes,
}

impl Rates {
    fn of(buy: &[f64], sell: &[f64]) -> Vec<Self> {
        let sides = padded(buy, 0.0).into_iter().zip(padded(sell, 0.0));
        sides.map(|(buy, sell)| Self { buy, sell: -sell }).collect()
    }
}

impl Costs {
    /// Rates are fractions per side; `slippage` has one entry per instrument. With slippage s and fee f a buy costs
    /// k = (1 + s)(1 + f) - 1 of its value at the reference price, a sale k = 1 - (1 - s)(1 - f); both are written out
    /// below so that a small rate keeps its last digits.
    ///
    /// # Errors
    /// A rate outside [0, 1), or a negative or infinite fixed or minimum fee.
    pub fn new(
        buy_fee: f64,
        sell_fee: f64,
        slippage: &[f64],
        fixed: f64,
        minimum: f64,
    ) -> Result<Self, Error> {
        rate("buy_bps", buy_fee)?;
        rate("sell_bps", sell_fee)?;
        slippage.iter().try_for_each(|&s| rate("slippage_bps", s))?;
        for (name, fee) in [("fixed", fixed), ("minimum", minimum)] {
            if !(fee.is_finite() && fee >= 0.0) {
                return Err(Error::Config(format!("{name}: expected a number of at least 0, got {fee}")));
            }
        }
        let fee = vec![[buy_fee, sell_fee]; slippage.len()];
        let mut costs =
            Self { n: slippage.len(), rates: Vec::new(), slippage: Vec::new(), fee, fixed, minimum };
        costs.slip(slippage);
        Ok(costs)
    }

    /// Take another slippage for each instrument, in [0, 1).
    pub(super) fn slip(&mut self, slippage: &[f64]) {
        let sides = || slippage.iter().zip(&self.fee);
        let buy: Vec<f64> = sides().map(|(s, [fee, _])| s + fee + s * fee).collect();
        let sell: Vec<f64> = sides().map(|(s, [_, fee])| s + fee - s * fee).collect();
        self.rates = Rates::of(&buy, &sell);
        self.slippage = slippage.to_vec();
    }

    /// Largest rate of all instruments and sides, with this slippage where it is more than their own.
    pub(super) fn highest_at(&self, slippage: f64) -> f64 {
        let both = |[buy, sell]: &[f64; 2]| [slippage * (1.0 + buy) + buy, slippage * (1.0 - sell) + sell];
        let fees = self.fee.iter().flat_map(both);
        (0..self.n).flat_map(|i| self.sides(i)).chain(fees).fold(0.0, f64::max)
    }

    /// Proportional costs only, one rate per instrument and side.
    ///
    /// # Errors
    /// Lengths that differ, or a rate outside [0, 1).
    pub fn of_rates(buy: &[f64], sell: &[f64]) -> Result<Self, Error> {
        if buy.len() != sell.len() {
            return Err(Error::Config(format!("sell_bps: expected {} rates, got {}", buy.len(), sell.len())));
        }
        buy.iter().try_for_each(|&k| rate("buy_bps", k))?;
        sell.iter().try_for_each(|&k| rate("sell_bps", k))?;
        let (n, slippage) = (buy.len(), vec![0.0; buy.len()]);
        let fee = buy.iter().zip(sell).map(|(&buy, &sell)| [buy, sell]).collect();
        Ok(Self { n, rates: Rates::of(buy, sell), slippage, fee, fixed: 0.0, minimum: 0.0 })
    }

    /// The costs of some instruments, in this order.
    pub fn pick(&self, ids: &[u32]) -> Self {
        let of = |x: f64| ids.iter().map(|&i| self.rate(i as usize, x).abs()).collect::<Vec<f64>>();
        let slippage = ids.iter().map(|&i| self.slippage[i as usize]).collect();
        let fee = ids.iter().map(|&i| self.fee[i as usize]).collect();
        let rates = Rates::of(&of(1.0), &of(-1.0));
        Self { n: ids.len(), rates, slippage, fee, fixed: self.fixed, minimum: self.minimum }
    }

    /// Rates of a buy and of a sale of one instrument, slippage included.
    pub(super) fn sides(&self, i: usize) -> [f64; 2] {
        [self.rate(i, 1.0), -self.rate(i, -1.0)]
    }

    /// Number of instruments.
    pub fn n(&self) -> usize {
        self.n
    }

    /// No fee per order, only rates.
    pub(super) fn proportional(&self) -> bool {
        self.fixed == 0.0 && self.minimum == 0.0
    }

    /// d variable cost / d x: the rate of the side x is on, negative for a sale.
    fn rate(&self, i: usize, x: f64) -> f64 {
        let rates = &self.rates[i / LANES];
        lane(if x >= 0.0 { rates.buy } else { rates.sell }, i % LANES)
    }

    /// Cost of an order of value x.
    pub(super) fn order(&self, i: usize, x: f64) -> f64 {
        (self.fixed + self.rate(i, x) * x).max(self.minimum)
    }

    /// d cost / d x of an order of value x.
    pub(super) fn slope(&self, i: usize, x: f64) -> f64 {
        let rate = self.rate(i, x);
        if self.fixed + rate * x < self.minimum { 0.0 } else { rate }
    }
}

fn rate(name: &str, rate: f64) -> Result<(), Error> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::Config(format!("{name}: expected at least 0 and below 10000, got {}", rate * 1e4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_is_on_the_slipped_price() {
        let costs = Costs::new(0.001, 0.002, &[0.01], 0.0, 0.0).unwrap();
        assert!((costs.order(0, 100.0) - (1.0 + 101.0 * 0.001)).abs() < 1e-12);
        assert!((costs.order(0, -100.0) - (1.0 + 99.0 * 0.002)).abs() < 1e-12);
    }

    #[test]
    fn minimum_flattens_the_slope() {
        let costs = Costs::new(0.001, 0.001, &[0.0], 1.0, 5.0).unwrap();
        assert_eq!(costs.order(0, 100.0), 5.0);
        assert_eq!(costs.slope(0, 100.0), 0.0);
        assert_eq!(costs.order(0, 10_000.0), 11.0);
        assert_eq!(costs.slope(0, -10_000.0), -0.001);
    }

    #[test]
    fn refuses_nonsense() {
        for bad in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
            assert!(Costs::new(bad, 0.0, &[0.0], 0.0, 0.0).is_err());
            assert!(Costs::new(0.0, 0.0, &[bad], 0.0, 0.0).is_err());
        }
        assert!(Costs::new(0.0, 0.0, &[0.0], -1.0, 0.0).is_err());
        assert!(Costs::new(0.0, 0.0, &[0.0], 0.0, f64::NAN).is_err());
    }
}
