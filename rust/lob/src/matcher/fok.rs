use super::Matcher;
use super::take::Taker;
use crate::ids::IdIndex;
use crate::ladder::Ladder;
use crate::orders::Stp;

impl<L: Ladder<u32>, I: IdIndex> Matcher<L, I> {
    /// R14: whether all lots can be filled down to key `bound`, without what self-trade prevention bars.
    /// O(levels reached), O(orders reached) for an owner under prevention.
    pub(super) fn fillable(&self, taker: &Taker, bound: i32) -> bool {
        let other = taker.side.opposite();
        let wanted = u64::from(taker.left);
        let careful = self.config.stp != Stp::Off && taker.owner != 0;
        let mut sum = 0;
        for level in self.book.depth(other).take_while(|level| other.key(level.tick) >= bound) {
            if !careful {
                sum += level.qty;
            } else {
                for (_, maker) in self.book.queue(level) {
                    if maker.owner != taker.owner {
                        sum += u64::from(maker.qty);
                        if sum >= wanted {
                            return true;
                        }
                    } else if self.config.stp != Stp::CancelOldest {
                        // Meeting an own order ends the aggressor or shrinks it: it cannot be filled whole.
                        return false;
                    }
                }
            }
            if sum >= wanted {
                return true;
            }
        }
        false
    }
}
