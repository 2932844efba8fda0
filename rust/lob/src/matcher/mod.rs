//! Price-time priority matching. The numbers R01 to R28 name the rules of [`crate::conformance`].

mod amend;
mod enter;
mod fok;
mod stp;
mod take;

use crate::book::{Book, Broken, expect};
use crate::engine::Engine;
use crate::expiry::Expiries;
use crate::ids::{Direct, IdIndex};
use crate::ladder::{Ladder, VecLadder};
use crate::orders::{Cancel, Capacity, Config, Modify, NewOrder};
use crate::report::{Kind, NO_PRICE, Reason, Report, ReportSink};
use crate::types::{Lots, NIL, Nanos, Side, Slot, Ticks};

/// The matching engine of one instrument.
#[derive(Clone, Debug)]
pub struct Matcher<L = VecLadder<u32>, I = Direct> {
    book: Book<L>,
    ids: I,
    config: Config,
    now: i64,
    expiries: Expiries,
}

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// An empty book.
    pub fn new(config: Config) -> Self {
        let expiries = Expiries::default();
        Self { book: Book::default(), ids: I::default(), config, now: i64::MIN, expiries }
    }

    /// R28: below this, no message allocates.
    pub fn reserve(&mut self, capacity: Capacity) {
        self.book.reserve(capacity.orders, capacity.levels);
        self.ids.reserve(capacity.ids, capacity.orders);
        self.expiries.reserve(capacity.orders);
    }

    /// Settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The orders, at ticks relative to [`Config::base_tick`].
    pub fn book(&self) -> &Book<L> {
        &self.book
    }

    /// Time of the last message, `i64::MIN` before the first.
    #[inline]
    pub fn now(&self) -> Nanos {
        Nanos(self.now)
    }

    /// The live order with this id.
    pub fn find(&self, id: u64) -> Option<Slot> {
        Some(self.ids.get(id)).filter(|&slot| slot != NIL)
    }

    /// Let time pass: due orders end (R21).
    pub fn advance<S: ReportSink>(&mut self, seq: u64, ts: Nanos, out: &mut S) {
        if let Err(reason) = self.clock(seq, ts, out) {
            out.push(Report::order(Kind::Reject, Side::Buy, seq, 0, NO_PRICE, 0).because(reason));
        }
    }

    /// The close of the session: day orders end, in order of arrival (R21).
    pub fn close<S: ReportSink>(&mut self, seq: u64, ts: Nanos, out: &mut S) {
        if let Err(reason) = self.clock(seq, ts, out) {
            out.push(Report::order(Kind::Reject, Side::Buy, seq, 0, NO_PRICE, 0).because(reason));
            return;
        }
        let mut n = 0;
        while let Some(entry) = self.expiries.day(&self.book.orders, n) {
            n += 1;
            if let Some(slot) = entry {
                self.expire(seq, slot, out);
            }
        }
        self.expiries.end_day();
    }

    /// Check every invariant, R04 among them. O(slots + levels).
    ///
    /// # Errors
    /// The first one that does not hold.
    pub fn validate(&self) -> Result<(), Broken> {
        self.book.validate()?;
        let [bid, ask] = Side::BOTH.map(|side| self.book.best(side).map(|level| level.tick));
        expect(bid.zip(ask).is_none_or(|(bid, ask)| bid < ask), || format!("crossed: {bid:?} and {ask:?}"))?;
        for (slot, order) in self.book.orders.nodes().iter().enumerate() {
            let found = self.ids.get(order.id);
            expect(order.is_free() || found == slot as u32, || {
                format!("id {}: index says slot {found}, stands in {slot}", order.id)
            })?;
        }
        Ok(())
    }

    /// R12 and R21: time does not go back, and what is due ends before anything else happens.
    #[inline]
    fn clock<S: ReportSink>(&mut self, seq: u64, ts: Nanos, out: &mut S) -> Result<(), Reason> {
        if ts.0 < self.now {
            return Err(Reason::ClockBackwards);
        }
        self.now = ts.0;
        if self.expiries.next() <= ts.0 {
            self.run_due(seq, out);
        }
        Ok(())
    }

    #[cold]
    fn run_due<S: ReportSink>(&mut self, seq: u64, out: &mut S) {
        while let Some(slot) = self.expiries.pop_due(&self.book.orders, self.now) {
            self.expire(seq, slot, out);
        }
    }

    fn expire<S: ReportSink>(&mut self, seq: u64, slot: Slot, out: &mut S) {
        let report = self.end(Kind::Expired, seq, slot);
        out.push(report);
    }

    /// Take a resting order off the book and report it.
    #[inline]
    fn end(&mut self, kind: Kind, seq: u64, slot: Slot) -> Report {
        let order = self.book.orders[slot];
        let level = &self.book.levels[order.level];
        let report = Report::order(kind, level.side, seq, order.id, self.absolute(level.tick), order.qty);
        // R11: the id is free at once.
        self.ids.remove(order.id);
        self.book.remove(slot);
        report
    }

    #[inline]
    fn absolute(&self, tick: i32) -> i64 {
        self.config.base_tick.0.wrapping_add(i64::from(tick))
    }

    /// R26: exact or refused.
    #[inline]
    fn relative(&self, price: Ticks) -> Result<i32, Reason> {
        let tick = price.0.checked_sub(self.config.base_tick.0).and_then(|tick| i32::try_from(tick).ok());
        tick.ok_or(Reason::PriceOutOfRange)
    }

    fn best_price(&self, side: Side) -> Option<i64> {
        self.book.best(side).map(|level| self.absolute(level.tick))
    }
}

/// R26: 1 to `u32::MAX`.
#[inline]
fn lots(qty: Lots) -> Result<u32, Reason> {
    u32::try_from(qty.0).ok().filter(|&lots| lots > 0).ok_or(Reason::Quantity)
}

impl<L: Ladder<u32>, I: IdIndex> Engine for Matcher<L, I> {
    #[inline]
    fn new_order<S: ReportSink>(&mut self, order: &NewOrder, out: &mut S) {
        if let Err(reason) = self.enter(order, out) {
            let price = enter::stated(order);
            let lots = order.qty.0.clamp(0, i64::from(u32::MAX)) as u32;
            let report = Report::order(Kind::Reject, order.side, order.seq, order.id, price, lots);
            out.push(report.because(reason));
        }
    }

    #[inline]
    fn cancel<S: ReportSink>(&mut self, cancel: &Cancel, out: &mut S) {
        let report = match self.clock(cancel.seq, cancel.ts, out) {
            Ok(()) => match self.ids.get(cancel.id) {
                // R10
                NIL => refusal(Kind::CancelReject, cancel.seq, cancel.id, Reason::UnknownId),
                slot => self.end(Kind::CancelAck, cancel.seq, slot),
            },
            Err(reason) => refusal(Kind::CancelReject, cancel.seq, cancel.id, reason),
        };
        out.push(report);
    }

    #[inline]
    fn modify<S: ReportSink>(&mut self, modify: &Modify, out: &mut S) {
        if let Err(reason) = self.amend(modify, out) {
            out.push(refusal(Kind::ModifyReject, modify.seq, modify.id, reason));
        }
    }

    #[inline]
    fn best_bid(&self) -> Option<i64> {
        self.best_price(Side::Buy)
    }

    #[inline]
    fn best_ask(&self) -> Option<i64> {
        self.best_price(Side::Sell)
    }

    #[inline]
    fn depth_at(&self, price: i64, side: Side) -> u64 {
        self.relative(Ticks(price)).map_or(0, |tick| self.book.lots(side, tick))
    }
}

#[inline]
fn refusal(kind: Kind, seq: u64, id: u64, reason: Reason) -> Report {
    Report::order(kind, Side::Buy, seq, id, NO_PRICE, 0).because(reason)
}
