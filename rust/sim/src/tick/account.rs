//! What a strategy holds in one instrument. Every execution moves it.

use quantrl_lob::Side;

use super::wire::wire;
use super::worth::Worth;

/// One execution as an account sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Side of the own order.
    pub side: Side,
    /// Price, absolute ticks.
    pub ticks: i64,
    /// Lots.
    pub lots: u32,
    /// Billionths of a cash unit; negative is a rebate.
    pub fee: i128,
}

/// Position, cash and fees since the start. Cash is in the instrument's integer unit, see [`Worth`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Lots, negative when short.
    pub position: i64,
    /// Cash units received less paid, without fees.
    pub cash: i128,
    /// Fees paid, billionths of a cash unit.
    pub fee: i128,
    /// Size of all executions, cash units.
    pub turnover: i128,
    /// Lots of all executions.
    pub volume: u64,
    /// Executions.
    pub trades: u64,
}

wire!(Account { position, cash, fee, turnover, volume, trades });

impl Account {
    /// Count an execution.
    #[inline]
    pub fn apply(&mut self, worth: &Worth, execution: &Execution) {
        let Execution { side, ticks, lots, fee } = *execution;
        let (cash, size) = worth.traded(side, ticks, lots);
        let lots = i64::from(lots);
        self.position += if side == Side::Buy { lots } else { -lots };
        self.cash += cash;
        self.fee += fee;
        self.turnover += size;
        self.volume += lots.unsigned_abs();
        self.trades += 1;
    }

    /// Twice the worth before fees, cash units, were the position closed at half of `ticks2`, the sum of best bid and ask.
    pub fn gross2(&self, worth: &Worth, ticks2: i64) -> i128 {
        let (low, high) = (ticks2.div_euclid(2), ticks2 - ticks2.div_euclid(2));
        2 * self.cash + i128::from(self.position) * (worth.of_lot(low) + worth.of_lot(high))
    }

    /// Worth after fees in currency at that price.
    pub fn equity(&self, worth: &Worth, ticks2: i64) -> f64 {
        (self.gross2(worth, ticks2) as f64 / 2.0 - super::fees::units(self.fee)) * worth.unit()
    }
}

#[cfg(test)]
mod tests {
    use quantrl_feed::{Decimal, Instrument};

    use super::*;

    #[test]
    fn every_execution_counts() {
        let worth = Worth::of(&Instrument::new("X", Decimal::ONE, Decimal::ONE));
        let mut account = Account::default();
        for (ticks, lots) in [(101, 3), (102, 4)] {
            account.apply(&worth, &Execution { side: Side::Buy, ticks, lots, fee: 0 });
        }
        assert_eq!((account.position, account.cash, account.trades), (7, -711, 2));
        account.apply(&worth, &Execution { side: Side::Sell, ticks: 110, lots: 9, fee: 1_500_000_000 });
        assert_eq!((account.position, account.cash, account.volume), (-2, 279, 16));
        // Closed at 100.5: 279 - 201 - 1.5.
        assert_eq!(account.gross2(&worth, 201), 156);
        assert_eq!(account.equity(&worth, 201), 76.5);
    }
}
