//! History applied to orders that stand in no queue: for a jump over many events, whose books in between nobody sees.

use std::hint::select_unpredictable;

use super::{Book, Fault};
use crate::ladder::{Ladder, VecLadder};
use crate::types::{NIL, Order, Side, Slot};

/// A book taken apart: slots hold their orders, queues and levels are made again by [`Loose::queued`].
///
/// An event costs one or two slots. Of an order out of its queue `prev` holds the tick and `next` the side.
#[derive(Clone, Debug)]
pub struct Loose<L = VecLadder<u32>>(Book<L>);

/// [`Order::level`] of an order out of its queue: taken, and nowhere.
const NOWHERE: u32 = 0;

impl<L: Ladder<u32>> Book<L> {
    /// Take every order out of its queue. O(orders).
    pub fn loosened(mut self) -> Loose<L> {
        for side in Side::BOTH {
            for (_, place) in self.ladders[side as usize].iter() {
                let (tick, mut slot) = (self.levels[place].tick, self.levels[place].head);
                while slot != NIL {
                    slot = set(&mut self.orders[slot], side, tick);
                }
            }
        }
        self.levels.clear();
        self.ladders.iter_mut().for_each(Ladder::clear);
        Loose(self)
    }
}

/// Write where an order stands into its own links; returns what was `next`.
#[inline]
fn set(order: &mut Order, side: Side, tick: i32) -> Slot {
    (order.level, order.prev) = (NOWHERE, tick.cast_unsigned());
    std::mem::replace(&mut order.next, side as u32)
}

#[inline]
fn side_of(order: &Order) -> Side {
    Side::BOTH[usize::from(order.next != 0)]
}

impl<L: Ladder<u32>> Loose<L> {
    /// Sort the orders into queues, by stamp within a price. O(slots + orders log orders).
    pub fn queued(self) -> Book<L> {
        let Self(mut book) = self;
        let mut standing = Side::BOTH.map(|_| Vec::new());
        for (order, slot) in book.orders.nodes().iter().zip(0..) {
            if !order.is_free() {
                let side = side_of(order);
                // Worst key first, so that each level is the best when it is made.
                let rank = side.key(order.prev.cast_signed()).cast_unsigned() ^ 1 << 31;
                standing[side as usize].push((u64::from(rank) << 32 | u64::from(order.prio), slot));
            }
        }
        for (side, mut standing) in Side::BOTH.into_iter().zip(standing) {
            standing.sort_unstable();
            for (_, slot) in standing {
                let tick = book.orders[slot].prev.cast_signed();
                book.link(slot, side, tick);
            }
        }
        book
    }

    /// As [`Book::add`].
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn add(&mut self, slot: Slot, id: u64, side: Side, tick: i32, qty: u32) -> Result<(), Fault> {
        self.0.put(slot, Order { id, qty, ..Order::FREE })?;
        self.enter(slot, side, tick);
        Ok(())
    }

    /// As [`Book::reduce`].
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn reduce(&mut self, slot: Slot, lots: u32) -> Result<(), Fault> {
        let order = self.taken(slot)?;
        if lots >= order.qty {
            self.0.orders.put(slot);
        } else {
            order.qty -= lots;
        }
        Ok(())
    }

    /// [`Loose::add`] where the order `enters`, else [`Loose::reduce`]; the processor has not to guess which.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn change(
        &mut self,
        enters: bool,
        slot: Slot,
        id: u64,
        at: (Side, i32),
        lots: u32,
    ) -> Result<(), Fault> {
        let (book, (side, tick)) = (&mut self.0, at);
        let usual = (slot < book.orders.fixed()) & (book.stamp != u32::MAX) & (lots != 0);
        match book.orders.get_mut(slot) {
            Some(order) if usual & (order.is_free() == enters) => {
                let qty = select_unpredictable(enters, lots, order.qty.saturating_sub(lots));
                *order = Order {
                    id: select_unpredictable(enters, id, order.id),
                    qty,
                    prev: select_unpredictable(enters, tick.cast_unsigned(), order.prev),
                    next: select_unpredictable(enters, side as u32, order.next),
                    level: select_unpredictable(qty == 0, NIL, NOWHERE),
                    prio: select_unpredictable(enters, book.stamp, order.prio),
                    owner: select_unpredictable(enters, 0, order.owner),
                    flags: select_unpredictable(enters, 0, order.flags),
                };
                book.stamp += u32::from(enters);
                Ok(())
            }
            _ if enters => self.add(slot, id, side, tick, lots),
            _ => self.reduce(slot, lots),
        }
    }

    /// As [`Book::amend`].
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn amend(&mut self, slot: Slot, tick: i32, qty: u32, keep: bool) -> Result<(), Fault> {
        let order = self.taken(slot)?;
        if qty == 0 {
            return Err(Fault::NoLots(slot));
        }
        order.qty = qty;
        if !keep || order.prev.cast_signed() != tick {
            let side = side_of(order);
            self.enter(slot, side, tick);
        }
        Ok(())
    }

    /// As [`Book::replace`].
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn replace(&mut self, slot: Slot, new: Slot, id: u64, tick: i32, qty: u32) -> Result<(), Fault> {
        let side = side_of(self.taken(slot)?);
        if new != slot {
            self.0.vacant(new)?;
        }
        if qty == 0 {
            return Err(Fault::NoLots(new));
        }
        self.0.orders.put(slot);
        self.add(new, id, side, tick, qty)
    }

    /// As [`Book::clear`].
    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn taken(&mut self, slot: Slot) -> Result<&mut Order, Fault> {
        let order = self.0.orders.get_mut(slot).ok_or(Fault::OutOfRange(slot))?;
        if order.is_free() { Err(Fault::Empty(slot)) } else { Ok(order) }
    }

    /// The next stamp, at a tick. The slot holds the rest of the order.
    #[inline]
    fn enter(&mut self, slot: Slot, side: Side, tick: i32) {
        if self.0.stamp == u32::MAX {
            self.renumber(slot);
        }
        let order = &mut self.0.orders[slot];
        order.prio = self.0.stamp;
        set(order, side, tick);
        self.0.stamp += 1;
    }

    /// Stamps from 0 on, by way of the queues; the order in `slot` takes no part. Runs once in 2^32 stamps.
    #[cold]
    fn renumber(&mut self, slot: Slot) {
        let aside = std::mem::replace(&mut self.0.orders[slot], Order::FREE);
        let mut book = Self(std::mem::take(&mut self.0)).queued();
        book.renumber();
        *self = book.loosened();
        self.0.orders[slot] = aside;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any calls, refused ones among them, leave the same answers and in the end the same book as the calls of `Book`.
    #[test]
    fn jumps_equal_the_walk() {
        for (seed, first) in [(1_u64, 0), (2, u32::MAX - 5_000), (3, u32::MAX)] {
            let mut state = seed;
            let mut next = |bound: u32| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as u32 % bound
            };
            let mut walked: Book = Book::with_slots(64);
            walked.stamp = first;
            for _ in 0..40 {
                let mut loose = walked.clone().loosened();
                for _ in 0..next(500) {
                    let (slot, new, qty) = (next(66), next(66), next(6));
                    let (tick, side) = (next(7).cast_signed() - 3, Side::BOTH[next(2) as usize]);
                    let id = u64::from(slot) << 7 | u64::from(qty);
                    let answers = match next(14) {
                        0..5 => (walked.add(slot, id, side, tick, qty), loose.add(slot, id, side, tick, qty)),
                        5..7 => (walked.reduce(slot, qty).map(drop), loose.reduce(slot, qty)),
                        7..9 => (walked.delete(slot).map(drop), loose.reduce(slot, u32::MAX)),
                        9..11 => {
                            let keep = qty % 2 == 0;
                            let moved = walked.amend(slot, tick, qty, keep).map(drop);
                            (moved, loose.amend(slot, tick, qty, keep))
                        }
                        11..13 => {
                            let replaced = walked.replace(slot, new, id, tick, qty).map(drop);
                            (replaced, loose.replace(slot, new, id, tick, qty))
                        }
                        _ if qty == 0 => {
                            walked.clear();
                            loose.clear();
                            continue;
                        }
                        _ => continue,
                    };
                    assert_eq!(answers.0, answers.1);
                }
                let book = loose.queued();
                book.validate().unwrap();
                assert_eq!((book.state_hash(), book.stamp), (walked.state_hash(), walked.stamp));
                let prios =
                    |book: &Book| book.orders.nodes().iter().map(|o| (o.level != NIL, o.prio)).collect();
                let (made, kept): (Vec<_>, Vec<_>) = (prios(&book), prios(&walked));
                assert!(made.iter().zip(&kept).all(|(a, b)| a.0 == b.0 && (!a.0 || a.1 == b.1)));
            }
        }
    }
}
