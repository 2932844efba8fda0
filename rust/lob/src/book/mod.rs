//! Orders in queues, queues on levels, levels on two ladders. A book neither matches nor refuses a crossed quote.

mod check;
mod hash;
mod loose;
mod replay;
mod view;

pub use check::Broken;
pub(crate) use check::expect;
pub use hash::Fnv;
pub use loose::Loose;
pub use replay::{Fault, Touched};
pub use view::{Depth, Queue};

use crate::ladder::{Ladder, VecLadder};
use crate::slab::Slab;
use crate::types::{Level, NIL, OWN, Order, Side, Slot};

/// An order-by-order book of one instrument. Prices are ticks relative to a base that the owner keeps.
#[derive(Clone, Debug)]
pub struct Book<L = VecLadder<u32>> {
    pub(crate) orders: Slab<Order>,
    pub(crate) levels: Slab<Level>,
    pub(crate) ladders: [L; 2],
    stamp: u32,
}

impl<L: Ladder<u32>> Default for Book<L> {
    fn default() -> Self {
        Self::with_slots(0)
    }
}

impl<L: Ladder<u32>> Book<L> {
    /// An empty book whose first `slots` slots are handed out by the caller, as an event file does.
    pub fn with_slots(slots: u32) -> Self {
        Self {
            orders: Slab::new(slots),
            levels: Slab::new(0),
            ladders: [L::default(), L::default()],
            stamp: 0,
        }
    }

    /// Room for `orders` orders on `levels` levels a side; nothing allocates below that.
    pub fn reserve(&mut self, orders: usize, levels: usize) {
        self.orders.reserve(orders);
        self.levels.reserve(2 * levels);
        self.ladders.iter_mut().for_each(|ladder| ladder.reserve(levels));
    }

    #[inline]
    pub(crate) fn ladder(&self, side: Side) -> &L {
        &self.ladders[side as usize]
    }

    #[inline]
    pub(crate) fn ladder_mut(&mut self, side: Side) -> &mut L {
        &mut self.ladders[side as usize]
    }

    /// Put the order in `slot` at the tail of its price's queue, with a fresh stamp.
    #[inline]
    pub(crate) fn enqueue(&mut self, slot: Slot, side: Side, tick: i32) {
        if self.stamp == u32::MAX {
            self.renumber();
        }
        self.orders[slot].prio = self.stamp;
        self.stamp += 1;
        self.link(slot, side, tick);
    }

    #[inline]
    fn link(&mut self, slot: Slot, side: Side, tick: i32) {
        let levels = &mut self.levels;
        let place = self.ladders[side as usize].get_or_insert(side.key(tick), || {
            let place = levels.take();
            let level = &mut levels[place];
            *level = Level { tick, side, generation: level.generation, ..Level::FREE };
            place
        });
        let level = &mut self.levels[place];
        let tail = std::mem::replace(&mut level.tail, slot);
        let order = &mut self.orders[slot];
        level.qty += u64::from(order.qty);
        level.count += 1;
        level.own = level.own.wrapping_add(order.flags & OWN);
        order.level = place;
        order.prev = tail;
        order.next = NIL;
        if tail == NIL {
            level.head = slot;
        } else {
            self.orders[tail].next = slot;
        }
    }

    /// Take the order in `slot` out of its queue; R08: a level without orders is gone at once. The slot stays taken.
    #[inline]
    pub(crate) fn unlink(&mut self, slot: Slot) {
        let Order { qty, prev, next, level: place, flags, .. } = self.orders[slot];
        let level = &mut self.levels[place];
        level.qty -= u64::from(qty);
        level.count -= 1;
        level.own = level.own.wrapping_sub(flags & OWN);
        if level.count == 0 {
            let Level { tick, side, .. } = *level;
            self.drop_level(place, side, tick);
            return;
        }
        if prev == NIL {
            level.head = next;
        } else {
            self.orders[prev].next = next;
        }
        if next == NIL {
            self.levels[place].tail = prev;
        } else {
            self.orders[next].prev = prev;
        }
    }

    /// Take the first order of the best level off the book: what a fill of its last lots does.
    #[inline]
    pub(crate) fn remove_first(&mut self, side: Side) {
        let Some((_, place)) = self.ladder(side).best() else { return };
        let level = &mut self.levels[place];
        let slot = level.head;
        let Order { qty, next, flags, .. } = self.orders[slot];
        level.qty -= u64::from(qty);
        level.count -= 1;
        level.own = level.own.wrapping_sub(flags & OWN);
        if next == NIL {
            self.ladder_mut(side).pop();
            self.levels.put(place);
        } else {
            level.head = next;
            self.orders[next].prev = NIL;
        }
        self.orders.put(slot);
    }

    #[inline]
    fn drop_level(&mut self, place: u32, side: Side, tick: i32) {
        self.ladder_mut(side).remove(side.key(tick));
        self.levels.put(place);
    }

    /// Give the lots of a linked order a new number, place kept.
    #[inline]
    pub(crate) fn resize(&mut self, slot: Slot, qty: u32) {
        let order = &mut self.orders[slot];
        let level = &mut self.levels[order.level];
        level.qty = level.qty - u64::from(order.qty) + u64::from(qty);
        order.qty = qty;
    }

    /// Stamps from 0 on, in queue order. Runs once in 2^32 stamps, O(orders).
    #[cold]
    fn renumber(&mut self) {
        self.stamp = 0;
        for side in Side::BOTH {
            for (_, place) in self.ladders[side as usize].iter() {
                let mut slot = self.levels[place].head;
                while slot != NIL {
                    self.orders[slot].prio = self.stamp;
                    self.stamp += 1;
                    slot = self.orders[slot].next;
                }
            }
        }
    }

    /// Remove every order.
    pub fn clear(&mut self) {
        self.orders.clear();
        self.levels.clear();
        self.ladders.iter_mut().for_each(Ladder::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_renumbered_in_queue_order() {
        let mut book: Book = Book::with_slots(8);
        book.stamp = u32::MAX - 3;
        for (slot, tick) in [(3, 10), (1, 10), (2, 9)] {
            book.add(slot, u64::from(slot), Side::Buy, tick, 5).unwrap();
        }
        let before = book.state_hash();
        book.add(0, 0, Side::Buy, 10, 5).unwrap();
        let stamps: Vec<u32> = [3, 1, 2, 0].iter().map(|&slot| book.orders[slot].prio).collect();
        assert_eq!(stamps, [0, 1, 2, 3]);
        book.delete(0).unwrap();
        assert_eq!(book.state_hash(), before);
        book.validate().unwrap();
    }
}
