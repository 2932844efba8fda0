//! Cash and lots of two legs, exact: prices in half ticks, money in half quanta (tick x lot / 2).

use crate::pair::work::News;
use crate::pair::world::Quote;

/// Fee rates are whole parts per billion of the traded value.
const BILLION: i128 = 1_000_000_000;

/// One leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Half quanta.
    pub cash: i64,
    /// Lots held, negative when short.
    pub lots: i64,
    /// Fees and other charges so far, half quanta; they have left the cash.
    pub paid: i64,
}

impl Leg {
    /// Buy `lots` (sell when negative) at a price in half ticks.
    pub fn fill(&mut self, lots: i64, price2: i64) {
        self.cash -= lots * price2;
        self.lots += lots;
    }

    /// Pay for something else than lots; half quanta.
    fn pay(&mut self, money: i64) {
        self.cash -= money;
        self.paid += money;
    }

    /// Cash and what is held, at a mid in half ticks.
    pub fn wealth(&self, mid2: i64) -> i64 {
        self.cash + self.lots * mid2
    }
}

/// Fee on a traded value in half quanta, rounded half up.
pub fn fee(value2: i64, ppb: i64) -> i64 {
    ((i128::from(value2) * i128::from(ppb) + BILLION / 2) / BILLION) as i64
}

/// Two legs and what trading them has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// First and second leg.
    pub legs: [Leg; 2],
    /// Lots a whole position has on each leg, frozen when a target is taken.
    pub units: [i64; 2],
    /// Lots asked for.
    pub wanted: [i64; 2],
    /// Position asked for.
    pub target: f64,
    /// Hedge ratio when its lots were frozen.
    pub beta: f64,
    /// Fees and distance to mid so far, half quanta.
    pub cost: i64,
    /// Traded value so far, half quanta.
    pub traded: i64,
    /// Wealth when the position was opened, half quanta.
    pub opened: i64,
    /// Decisions since then.
    pub age: u64,
}

impl Account {
    /// W in half quanta: the sum of both legs at mid.
    pub fn wealth(&self, quotes: &[Quote; 2]) -> i64 {
        self.legs.iter().zip(quotes).map(|(leg, quote)| leg.wealth(quote.mid2())).sum()
    }

    /// Trade `lots` of one leg at `price2` with a fee, and note what it cost beside the mid.
    pub fn trade(&mut self, leg: usize, lots: i64, price2: i64, mid2: i64, ppb: i64) {
        let value = lots.abs() * price2;
        let fee = fee(value, ppb);
        self.legs[leg].fill(lots, price2);
        self.legs[leg].pay(fee);
        self.cost += fee + lots * (price2 - mid2);
        self.traded += value;
    }

    /// Take in executions as they were counted at the exchange.
    pub fn book(&mut self, leg: usize, news: &News) {
        self.legs[leg].cash += news.cash;
        self.legs[leg].paid += news.paid;
        self.legs[leg].lots += news.lots;
        self.cost += news.cost;
        self.traded += news.traded;
    }

    /// Pay for something else than a fill; half quanta.
    pub fn charge(&mut self, leg: usize, money: i64) {
        self.legs[leg].pay(money);
        self.cost += money;
    }

    /// Share of a whole position that a leg holds, positive in the direction of a long spread.
    pub fn share(&self, leg: usize) -> f64 {
        let sign = if leg == 0 { 1.0 } else { -1.0 };
        match self.units[leg] {
            0 => 0.0,
            units => sign * self.legs[leg].lots as f64 / units as f64,
        }
    }

    /// Position: the mean share of both legs.
    pub fn position(&self) -> f64 {
        0.5 * (self.share(0) + self.share(1))
    }

    /// By how much the first leg leads the second.
    pub fn imbalance(&self) -> f64 {
        self.share(0) - self.share(1)
    }

    /// Neither leg holds anything.
    pub fn is_flat(&self) -> bool {
        self.legs[0].lots == 0 && self.legs[1].lots == 0
    }

    /// The legs differ by more than the rounding of their lots: 3.6.
    pub fn is_uneven(&self) -> bool {
        let half = |units: i64| if units == 0 { 0.0 } else { 0.5 / units as f64 };
        self.imbalance().abs() > half(self.units[0]) + half(self.units[1]) + 1e-12
    }

    /// A leg holds other lots than were asked for.
    pub fn is_legged(&self) -> bool {
        self.legs.iter().zip(self.wanted).any(|(leg, wanted)| leg.lots != wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_loses_spread_and_fees() {
        let quotes = [Quote { bid: 99, ask: 101, depth: 50 }; 2];
        let mut account = Account::default();
        account.trade(0, 10, 2 * 101, 200, 1_000_000);
        account.trade(0, -10, 2 * 99, 200, 1_000_000);
        // Fees of 2.02 and 1.98 half quanta round to 2 each; the spread takes 10 x 2 ticks = 40.
        assert_eq!((account.wealth(&quotes), account.cost, account.traded), (-44, 44, 4000));
        assert!(account.is_flat());
    }

    #[test]
    fn fees_round_half_up_and_stay_exact() {
        assert_eq!(fee(1_000, 500_000), 1);
        assert_eq!(fee(999, 500_000), 0);
        assert_eq!(fee(i64::MAX / 4, 1_000_000_000), i64::MAX / 4);
    }
}
