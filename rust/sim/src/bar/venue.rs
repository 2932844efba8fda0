//! The bar engine's fills in integers: what a book that must balance to the last unit trades on.
//!
//! Sales are filled first; where cash does not pay for every buy, all of them shrink by the largest k / 2^32 whose
//! whole lots are affordable, so no leg's place in the list matters. Amounts are cash units of 1e-8, 128 bits wide on
//! the way.

use crate::bar::orders::SCALES;
use crate::bar::{CashCosts, Costs, Error};

/// Direction of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Cash to units.
    Buy = 0,
    /// Units to cash.
    Sell = 1,
}

/// An order of whole lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which name.
    pub instrument: usize,
    /// Direction.
    pub side: Side,
    /// Size, above 0.
    pub lots: i64,
}

/// Why a leg was filled no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// It was filled whole.
    Filled = 0,
    /// Cash did not pay for the rest.
    CashBound = 1,
    /// The name has no price.
    NoPrice = 2,
}

impl Reason {
    /// Names by number.
    pub const NAMES: [&'static str; 3] = ["FILLED", "CASH_BOUND", "NO_PRICE"];
}

/// What became of a leg; price and fee are 0 where nothing was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegFill {
    /// Lots filled.
    pub lots: i64,
    /// Price in ticks, slippage included.
    pub price: i64,
    /// Cash units.
    pub fee: i64,
    /// Why not more.
    pub reason: Reason,
}

/// Costs and tick values of the names that can be traded.
#[derive(Clone, Debug, PartialEq)]
pub struct Venue {
    costs: CashCosts,
    tick_values: Vec<i64>,
}

impl Venue {
    /// `tick_values` are cash units per tick and lot.
    ///
    /// # Errors
    /// Another number of tick values than of instruments, or one that is not positive.
    pub fn new(costs: &Costs, tick_values: &[i64]) -> Result<Self, Error> {
        let costs = CashCosts::new(costs)?;
        if tick_values.len() != costs.n() {
            return Err(Error::Config(format!(
                "tick_values: expected {} entries, got {}",
                costs.n(),
                tick_values.len()
            )));
        }
        if let Some(bad) = tick_values.iter().find(|value| **value <= 0) {
            return Err(Error::Config(format!("tick_values: expected whole numbers above 0, got {bad}")));
        }
        Ok(Self { costs, tick_values: tick_values.to_vec() })
    }

    /// Fill `legs` at `prices` (ticks per instrument, 0 where there is none) out of `cash` units. One fill per leg,
    /// whatever the order of the legs. O(32 legs) where cash binds, else O(legs).
    ///
    /// # Errors
    /// A leg of no lots or of an unknown instrument, a negative price, an amount beyond 64 bits.
    pub fn fill(&self, legs: &[Leg], prices: &[i64], cash: i64) -> Result<Vec<LegFill>, Error> {
        self.check(prices)?;
        let mut fills = Vec::with_capacity(legs.len());
        for (k, leg) in legs.iter().enumerate() {
            fills.push(self.whole(k, leg, prices)?);
        }
        let left = self.sell(legs, prices, cash, &mut fills);
        if i64::try_from(left).is_err() {
            return Err(Error::Range(format!("cash after sales: {left} units")));
        }
        self.buy(legs, prices, left, &mut fills);
        Ok(fills)
    }

    fn check(&self, prices: &[i64]) -> Result<(), Error> {
        let n = self.tick_values.len();
        if prices.len() != n {
            return Err(Error::Data(format!("prices: expected {n} instruments, got {}", prices.len())));
        }
        match prices.iter().position(|price| *price < 0) {
            Some(i) => Err(Error::Data(format!("prices: {} ticks of instrument {i} is negative", prices[i]))),
            None => Ok(()),
        }
    }

    /// The leg filled as asked, if there is a price.
    fn whole(&self, k: usize, leg: &Leg, prices: &[i64]) -> Result<LegFill, Error> {
        let (n, i) = (prices.len(), leg.instrument);
        if i >= n || leg.lots <= 0 {
            return Err(Error::Order(format!(
                "legs[{k}]: expected lots above 0 of one of {n} instruments, got {} of instrument {i}",
                leg.lots
            )));
        }
        if prices[i] == 0 {
            return Ok(LegFill { lots: 0, price: 0, fee: 0, reason: Reason::NoPrice });
        }
        let price = self.costs.slipped(i, leg.side, prices[i])?;
        let most = [leg.lots, price.max(prices[i]), self.tick_values[i]];
        let notional =
            most.iter().try_fold(1i128, |product, &factor| product.checked_mul(i128::from(factor)));
        let fee = match notional {
            Some(notional) if i64::try_from(notional).is_ok() => self.fee(leg, prices, price, leg.lots),
            _ => i128::MAX,
        };
        let fee = fee.try_into().map_err(|_| {
            Error::Range(format!("legs[{k}]: {} lots at {price} ticks are beyond 64 bits of cash", leg.lots))
        })?;
        Ok(LegFill { lots: leg.lots, price, fee, reason: Reason::Filled })
    }

    fn notional(&self, leg: &Leg, price: i64, lots: i64) -> i128 {
        i128::from(lots) * i128::from(price) * i128::from(self.tick_values[leg.instrument])
    }

    fn fee(&self, leg: &Leg, prices: &[i64], price: i64, lots: i64) -> i128 {
        let notional = self.notional(leg, price, lots);
        let slippage = (notional - self.notional(leg, prices[leg.instrument], lots)).abs();
        self.costs.fee(leg.instrument, leg.side, notional, slippage)
    }

    /// Drop the sales whose fees would overdraw the account; returns the cash left for buys.
    fn sell(&self, legs: &[Leg], prices: &[i64], cash: i64, fills: &mut [LegFill]) -> i128 {
        let gain =
            |leg: &Leg, fill: &LegFill| self.notional(leg, fill.price, fill.lots) - i128::from(fill.fee);
        let sales = || legs.iter().enumerate().filter(|(_, leg)| leg.side == Side::Sell);
        let left = i128::from(cash) + sales().map(|(k, leg)| gain(leg, &fills[k])).sum::<i128>();
        if left >= 0 {
            return left;
        }
        let mut left = i128::from(cash);
        for (k, leg) in sales() {
            let gained = gain(leg, &fills[k]);
            if gained < 0 {
                self.cut(leg, prices, 0, &mut fills[k]);
            } else {
                left += gained;
            }
        }
        left
    }

    /// Scale the buys to the cash left.
    fn buy(&self, legs: &[Leg], prices: &[i64], left: i128, fills: &mut [LegFill]) {
        let scale = self.scale(legs, prices, left, fills);
        if scale == SCALES {
            return;
        }
        for (leg, fill) in legs.iter().zip(fills).filter(|(leg, fill)| leg.side == Side::Buy && fill.lots > 0)
        {
            self.cut(leg, prices, part(leg.lots, scale), fill);
        }
    }

    /// The largest k whose lots cost at most `left`.
    fn scale(&self, legs: &[Leg], prices: &[i64], left: i128, fills: &[LegFill]) -> u64 {
        let affordable = |scale| self.spent(legs, prices, scale, fills) <= left;
        if affordable(SCALES) {
            return SCALES;
        }
        let (mut low, mut high) = (0, SCALES);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if affordable(middle) { low = middle } else { high = middle }
        }
        low
    }

    fn spent(&self, legs: &[Leg], prices: &[i64], scale: u64, fills: &[LegFill]) -> i128 {
        let buys = legs.iter().zip(fills).filter(|(leg, fill)| leg.side == Side::Buy && fill.lots > 0);
        let costs = buys.map(|(leg, fill)| match part(leg.lots, scale) {
            0 => 0,
            lots => self.notional(leg, fill.price, lots) + self.fee(leg, prices, fill.price, lots),
        });
        costs.sum()
    }

    fn cut(&self, leg: &Leg, prices: &[i64], lots: i64, fill: &mut LegFill) {
        let price = if lots > 0 { fill.price } else { 0 };
        // At most the minimum or the fee of the whole leg: both were checked.
        let fee = if lots > 0 { self.fee(leg, prices, price, lots) as i64 } else { 0 };
        *fill = LegFill { lots, price, fee, reason: Reason::CashBound };
    }
}

fn part(lots: i64, scale: u64) -> i64 {
    ((i128::from(lots) * i128::from(scale)) / i128::from(SCALES)) as i64
}
