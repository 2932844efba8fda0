use super::{Matcher, lots};
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::matcher::take::Taker;
use crate::orders::{Modify, ModifyRule};
use crate::report::{Kind, Reason, Report, ReportSink};
use crate::types::{NIL, POST_ONLY};

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// Change a live order. An error leaves it as it was (R20).
    #[inline]
    pub(super) fn amend<S: ReportSink>(&mut self, modify: &Modify, out: &mut S) -> Result<(), Reason> {
        let &Modify { id, seq, side, .. } = modify;
        self.clock(seq, modify.ts, out)?;
        let slot = self.ids.get(id);
        if slot == NIL {
            return Err(Reason::UnknownId);
        }
        let order = self.book.orders[slot];
        let level = self.book.levels[order.level];
        if side != level.side {
            return Err(Reason::WrongSide);
        }
        let open = lots(modify.qty)?;
        let mut tick = self.relative(modify.price)?;
        if order.flags & POST_ONLY != 0 {
            tick = self.passive(side, tick)?;
        }
        let price = self.absolute(tick);
        out.push(Report::order(Kind::ModifyAck, side, seq, id, price, open));
        // R17
        if self.config.modify == ModifyRule::KeepOnDecrease && tick == level.tick && open <= order.qty {
            self.book.resize(slot, open);
            return Ok(());
        }
        self.book.unlink(slot);
        // R18: an aggressor under its own number. Its slot stays taken meanwhile.
        let mut taker = Taker { id, seq, price, left: open, owner: order.owner, side };
        let ended = self.take(&mut taker, side.opposite().key(tick), out);
        if taker.left == 0 || ended {
            self.ids.remove(id);
            self.book.orders.put(slot);
        } else {
            self.book.orders[slot].qty = taker.left;
            self.book.enqueue(slot, side, tick);
        }
        Ok(())
    }
}
