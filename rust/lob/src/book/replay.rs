//! History applied by slot, without a map from ids: the calls of an event file, one for each kind of event.

use std::fmt;

use super::Book;
use crate::ladder::Ladder;
use crate::types::{Order, Side, Slot};

/// What a call did to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Side of the order.
    pub side: Side,
    /// Price it stood at.
    pub tick: i32,
    /// Lots taken off.
    pub off: u32,
    /// Lots left; 0 = the order is gone.
    pub left: u32,
    /// Its stamp before the call.
    pub prio: u32,
}

/// Why a call was refused. The book is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The slot is not one of those handed out by the caller.
    OutOfRange(Slot),
    /// The slot already holds an order.
    Taken(Slot),
    /// The slot holds no order.
    Empty(Slot),
    /// An order cannot have 0 lots.
    NoLots(Slot),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::OutOfRange(slot) => write!(f, "slot: expected one of the book's slots, got {slot}"),
            Fault::Taken(slot) => write!(f, "slot: expected a free slot, got {slot}, which holds an order"),
            Fault::Empty(slot) => {
                write!(f, "slot: expected one that holds an order, got {slot}, which is free")
            }
            Fault::NoLots(slot) => write!(f, "qty: expected at least 1 lot, got 0 for slot {slot}"),
        }
    }
}

impl std::error::Error for Fault {}

impl<L: Ladder<u32>> Book<L> {
    /// Let the caller hand out slots below `slots` too, as a converter does that cannot know how many it will need.
    /// Only while no order has been entered but by slot.
    pub fn admit(&mut self, slots: u32) {
        self.orders.admit(slots);
    }

    /// A new order at the tail of its price.
    ///
    /// # Errors
    /// The slot is out of range or taken, or there are no lots.
    #[inline]
    pub fn add(&mut self, slot: Slot, id: u64, side: Side, tick: i32, qty: u32) -> Result<(), Fault> {
        self.put(slot, Order { id, qty, ..Order::FREE })?;
        self.enqueue(slot, side, tick);
        Ok(())
    }

    /// An order of a checkpoint, with the stamp it had. Those of one price come in queue order.
    ///
    /// # Errors
    /// As [`Book::add`].
    pub fn restore(&mut self, slot: Slot, order: Order, side: Side, tick: i32) -> Result<(), Fault> {
        self.put(slot, order)?;
        self.stamp = self.stamp.max(order.prio.saturating_add(1));
        self.link(slot, side, tick);
        Ok(())
    }

    /// Take `lots` off an order that keeps its place; the order goes with its last lot. More than it has: all.
    ///
    /// # Errors
    /// The slot is empty.
    #[inline]
    pub fn reduce(&mut self, slot: Slot, lots: u32) -> Result<Touched, Fault> {
        let mut touched = self.touch(slot)?;
        if lots >= touched.left {
            self.remove(slot);
            return Ok(Touched { off: touched.left, left: 0, ..touched });
        }
        touched.off = lots;
        touched.left -= lots;
        self.resize(slot, touched.left);
        Ok(touched)
    }

    /// Cancel an order.
    ///
    /// # Errors
    /// The slot is empty.
    #[inline]
    pub fn delete(&mut self, slot: Slot) -> Result<Touched, Fault> {
        let touched = self.touch(slot)?;
        self.remove(slot);
        Ok(Touched { off: touched.left, left: 0, ..touched })
    }

    /// Give an order a price and open lots. It keeps its place only at the same price and if `keep` says so.
    ///
    /// # Errors
    /// The slot is empty or there are no lots.
    pub fn amend(&mut self, slot: Slot, tick: i32, qty: u32, keep: bool) -> Result<Touched, Fault> {
        let touched = self.touch(slot)?;
        if qty == 0 {
            return Err(Fault::NoLots(slot));
        }
        if keep && tick == touched.tick {
            self.resize(slot, qty);
        } else {
            self.unlink(slot);
            self.orders[slot].qty = qty;
            self.enqueue(slot, touched.side, tick);
        }
        Ok(Touched { off: touched.left.saturating_sub(qty), left: qty, ..touched })
    }

    /// Cancel the order in `slot` and enter one of its side in `new`, which may be the same slot.
    ///
    /// # Errors
    /// `slot` is empty, `new` is taken or out of range, or there are no lots.
    pub fn replace(&mut self, slot: Slot, new: Slot, id: u64, tick: i32, qty: u32) -> Result<Touched, Fault> {
        let touched = self.touch(slot)?;
        if new != slot {
            self.vacant(new)?;
        }
        if qty == 0 {
            return Err(Fault::NoLots(new));
        }
        self.remove(slot);
        self.add(new, id, touched.side, tick, qty)?;
        Ok(Touched { off: touched.left, left: 0, ..touched })
    }

    /// Fill `lots` of a resting order. To the book the same as [`Book::reduce`].
    ///
    /// # Errors
    /// The slot is empty.
    #[inline]
    pub fn exec(&mut self, slot: Slot, lots: u32) -> Result<Touched, Fault> {
        self.reduce(slot, lots)
    }

    #[inline]
    fn touch(&self, slot: Slot) -> Result<Touched, Fault> {
        let order = self.orders.nodes().get(slot as usize).ok_or(Fault::OutOfRange(slot))?;
        if order.is_free() {
            return Err(Fault::Empty(slot));
        }
        let level = &self.levels[order.level];
        Ok(Touched { side: level.side, tick: level.tick, off: 0, left: order.qty, prio: order.prio })
    }

    #[inline]
    pub(super) fn vacant(&self, slot: Slot) -> Result<(), Fault> {
        if slot >= self.orders.fixed() {
            return Err(Fault::OutOfRange(slot));
        }
        if self.orders[slot].is_free() { Ok(()) } else { Err(Fault::Taken(slot)) }
    }

    #[inline]
    pub(super) fn put(&mut self, slot: Slot, order: Order) -> Result<(), Fault> {
        self.vacant(slot)?;
        if order.qty == 0 {
            return Err(Fault::NoLots(slot));
        }
        self.orders[slot] = order;
        Ok(())
    }

    #[inline]
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.unlink(slot);
        self.orders.put(slot);
    }
}
