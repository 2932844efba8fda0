use std::fmt;

use super::Book;
use crate::ladder::Ladder;
use crate::types::{Level, NIL, OWN, Side};

/// The first thing found that a book must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// Fail with what was expected unless `good`.
pub(crate) fn expect(good: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if good { Ok(()) } else { Err(Broken(what())) }
}

impl<L: Ladder<u32>> Book<L> {
    /// Check every invariant: order of keys, links, stamps, sums, free lists. O(slots + levels).
    ///
    /// # Errors
    /// The first one that does not hold.
    pub fn validate(&self) -> Result<(), Broken> {
        let mut orders = 0;
        let mut levels = 0;
        for side in Side::BOTH {
            let mut worse = None;
            for (key, place) in self.ladder(side).iter() {
                expect(worse.is_none_or(|last| key < last), || {
                    format!("{side:?} keys: {key} after {worse:?}")
                })?;
                worse = Some(key);
                expect((place as usize) < self.levels.nodes().len(), || {
                    format!("level {place} out of range")
                })?;
                let level = &self.levels[place];
                expect(level.side == side && side.key(level.tick) == key, || {
                    format!("level {place}: {:?} tick {} under {side:?} key {key}", level.side, level.tick)
                })?;
                self.validate_queue(place, level)?;
                orders += level.count as usize;
                levels += 1;
            }
        }
        let live = self.orders.nodes().iter().filter(|order| !order.is_free()).count();
        expect(live == orders, || format!("orders: {live} taken slots, {orders} in queues"))?;
        let spare = self.orders.vacant().count() + live;
        let open = self.orders.nodes().len() - self.orders.fixed() as usize;
        let fixed_live = self.orders.nodes()[..self.orders.fixed() as usize].iter().filter(|o| !o.is_free());
        let fixed_live = fixed_live.count();
        expect(spare - fixed_live == open, || {
            format!("orders: {open} slots, {} taken or free", spare - fixed_live)
        })?;
        let used = self.levels.vacant().count() + levels;
        let all = self.levels.nodes().len();
        expect(used == all, || format!("levels: {all} places, {used} used or free"))
    }

    fn validate_queue(&self, place: u32, level: &Level) -> Result<(), Broken> {
        let (mut qty, mut count, mut own, mut prev, mut prio) = (0, 0, 0_u16, NIL, None);
        for (slot, order) in self.queue(level).take(self.orders.nodes().len() + 1) {
            expect(order.level == place, || {
                format!("order {slot}: level {}, expected {place}", order.level)
            })?;
            expect(order.prev == prev, || format!("order {slot}: prev {}, expected {prev}", order.prev))?;
            expect(order.qty > 0, || format!("order {slot}: no lots"))?;
            expect(prio.is_none_or(|p| p < order.prio), || {
                format!("order {slot}: stamp {} late", order.prio)
            })?;
            qty += u64::from(order.qty);
            count += 1;
            own = own.wrapping_add(order.flags & OWN);
            prev = slot;
            prio = Some(order.prio);
        }
        expect(count > 0 && prev == level.tail, || {
            format!("level {place}: tail {}, last {prev}", level.tail)
        })?;
        let (found, stated) = ((qty, count, own), (level.qty, level.count, level.own));
        expect(found == stated, || format!("level {place}: (lots, orders, own) {stated:?}, found {found:?}"))
    }
}
