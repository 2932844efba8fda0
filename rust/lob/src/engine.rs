use crate::orders::{Cancel, Modify, NewOrder};
use crate::report::ReportSink;
use crate::types::Side;

/// A matching engine of one instrument: messages in, reports out, queries about the state in between.
pub trait Engine {
    /// Enter an order.
    fn new_order<S: ReportSink>(&mut self, order: &NewOrder, out: &mut S);

    /// End an order.
    fn cancel<S: ReportSink>(&mut self, cancel: &Cancel, out: &mut S);

    /// Change an order.
    fn modify<S: ReportSink>(&mut self, modify: &Modify, out: &mut S);

    /// Highest bid, absolute ticks.
    fn best_bid(&self) -> Option<i64>;

    /// Lowest ask, absolute ticks.
    fn best_ask(&self) -> Option<i64>;

    /// Lots resting at an absolute price, 0 if none.
    fn depth_at(&self, price: i64, side: Side) -> u64;
}
