use super::Matcher;
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::orders::Stp;
use crate::report::{Kind, Reason, Report, ReportSink};
use crate::types::Side;

/// An order on its way through the other side.
pub(super) struct Taker {
    pub id: u64,
    pub seq: u64,
    /// Price its own reports state.
    pub price: i64,
    /// Lots still to be filled.
    pub left: u32,
    pub owner: u16,
    pub side: Side,
}

impl Taker {
    /// All that is left is cancelled.
    #[inline]
    pub fn cancelled(&self, reason: Reason) -> Report {
        Report::order(Kind::CancelAck, self.side, self.seq, self.id, self.price, self.left).because(reason)
    }
}

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// Trade with the other side down to key `bound`. Returns whether self-trade prevention ended the aggressor.
    #[inline]
    pub(super) fn take<S: ReportSink>(&mut self, taker: &mut Taker, bound: i32, out: &mut S) -> bool {
        if self.config.stp != Stp::Off && taker.owner != 0 {
            self.sweep::<true, S>(taker, bound, out)
        } else {
            self.sweep::<false, S>(taker, bound, out)
        }
    }

    #[inline]
    fn sweep<const STP: bool, S: ReportSink>(&mut self, taker: &mut Taker, bound: i32, out: &mut S) -> bool {
        let other = taker.side.opposite();
        while taker.left > 0 {
            // R02: best price first, its queue from the head. R03: not past the limit.
            let Some((_, place)) = self.book.ladder(other).best().filter(|&(key, _)| key >= bound) else {
                return false;
            };
            let level = self.book.levels[place];
            let slot = level.head;
            let maker = self.book.orders[slot];
            if STP && maker.owner == taker.owner {
                if self.prevent(taker, slot, out) {
                    return true;
                }
                continue;
            }
            // R01: at the maker's price. R06: one trade for each maker, never of 0 lots.
            let fill = taker.left.min(maker.qty);
            let price = self.absolute(level.tick);
            out.push(Report::trade(taker.side, taker.seq, price, fill, maker.id, taker.id));
            taker.left -= fill;
            if fill < maker.qty {
                // R05: its place is kept.
                self.book.resize(slot, maker.qty - fill);
            } else {
                self.ids.remove(maker.id);
                self.book.remove_first(other);
            }
        }
        false
    }
}
