use quantrl_feed::Books;
use quantrl_lob::{OrderRef, Side};

use super::account::Account;
use super::order::Report;
use super::orders::Orders;
use super::plan::Plan;

/// All a strategy sees: what has reached it by now.
#[derive(Clone, Copy, Debug)]
pub struct LocalView<'a> {
    /// Local time, ns.
    pub now: i64,
    /// Events received.
    pub received: usize,
    /// Books after them; ticks are above each instrument's base.
    pub books: &'a Books,
    /// Own orders by received reports.
    pub orders: &'a Orders,
    /// Accounts by received executions, one an instrument.
    pub accounts: &'a [Account],
    /// Reports received since the last wake or step, in order.
    pub reports: &'a [Report],
    /// Fee of each, billionths of a cash unit; 0 where nothing was executed.
    pub report_fees: &'a [i128],
    /// References of the orders opened by the last actions, in order.
    pub opened: &'a [OrderRef],
    /// File and settings.
    pub plan: &'a Plan,
}

impl LocalView<'_> {
    /// Best price in absolute ticks and its lots.
    #[inline]
    pub fn best(&self, instr: u16, side: Side) -> Option<(i64, u64)> {
        let (tick, lots) = self.books.best(usize::from(instr), side)?;
        Some((self.plan.worth(instr).ticks(tick), lots))
    }

    /// Best bid plus best ask, absolute ticks; None where a side is empty.
    #[inline]
    pub fn mid2(&self, instr: u16) -> Option<i64> {
        Some(self.best(instr, Side::Buy)?.0 + self.best(instr, Side::Sell)?.0)
    }
}
