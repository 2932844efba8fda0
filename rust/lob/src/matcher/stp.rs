use super::Matcher;
use super::take::Taker;
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::orders::Stp;
use crate::report::{Kind, Reason, Report, ReportSink};
use crate::types::Slot;

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// R22: what happens instead of a trade with the own order in `slot`. Returns whether the aggressor ended.
    ///
    /// The resting order is reported first. An order that lost lots and lives on is reported as modified.
    #[cold]
    pub(super) fn prevent<S: ReportSink>(&mut self, taker: &mut Taker, slot: Slot, out: &mut S) -> bool {
        match self.config.stp {
            Stp::Off => unreachable!("asked only when prevention is on"),
            Stp::CancelNewest => {
                out.push(taker.cancelled(Reason::SelfTrade));
                true
            }
            Stp::CancelOldest => {
                self.cancel_own(taker.seq, slot, out);
                false
            }
            Stp::CancelBoth => {
                self.cancel_own(taker.seq, slot, out);
                out.push(taker.cancelled(Reason::SelfTrade));
                true
            }
            Stp::Decrement => self.decrement(taker, slot, out),
        }
    }

    fn cancel_own<S: ReportSink>(&mut self, seq: u64, slot: Slot, out: &mut S) {
        let report = self.end(Kind::CancelAck, seq, slot);
        out.push(report.because(Reason::SelfTrade));
    }

    fn decrement<S: ReportSink>(&mut self, taker: &mut Taker, slot: Slot, out: &mut S) -> bool {
        let maker = self.book.orders[slot];
        let smaller = taker.left.min(maker.qty);
        if smaller == maker.qty {
            self.cancel_own(taker.seq, slot, out);
        } else {
            let level = self.book.levels[maker.level];
            let (price, open) = (self.absolute(level.tick), maker.qty - smaller);
            self.book.resize(slot, open);
            let report = Report::order(Kind::ModifyAck, level.side, taker.seq, maker.id, price, open);
            out.push(report.because(Reason::SelfTrade));
        }
        if smaller == taker.left {
            out.push(taker.cancelled(Reason::SelfTrade));
            return true;
        }
        taker.left -= smaller;
        let report = Report::order(Kind::ModifyAck, taker.side, taker.seq, taker.id, taker.price, taker.left);
        out.push(report.because(Reason::SelfTrade));
        false
    }
}
