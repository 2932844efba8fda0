//! Orders named by the venue's ids: slots given and taken, faults counted, events written.

use quantrl_lob::{Book, IdIndex, NIL, Order, Side};

use crate::books::Books;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::error::Error;
use crate::event::{Event, Kind, flag};

/// A live order.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Instrument.
    pub instr: u16,
    /// Slot in its book.
    pub slot: u32,
    /// Id; 0 = nameless.
    pub id: u64,
    /// Side.
    pub side: Side,
    /// Price.
    pub tick: i32,
    /// Open lots.
    pub qty: u32,
}

impl Recorder {
    /// The order book of an instrument.
    pub fn book(&mut self, instr: u16) -> Result<&mut Book, Error> {
        let place = self.place();
        match &mut self.books {
            Books::Orders(books) => Ok(&mut books[usize::from(instr)]),
            _ => Err(Error::data(place, "level", "3", "an order in a file of levels")),
        }
    }

    /// The live order with this id.
    #[inline(always)]
    pub fn live(&self, instr: u16, id: u64) -> Option<Live> {
        let slot = self.ids[usize::from(instr)].get(id);
        if slot == NIL { None } else { self.live_in(instr, slot) }
    }

    /// The live order in a slot.
    #[inline(always)]
    pub fn live_in(&self, instr: u16, slot: u32) -> Option<Live> {
        let Books::Orders(books) = &self.books else { return None };
        let book = &books[usize::from(instr)];
        let Order { id, qty, .. } = *book.order(slot)?;
        let level = book.level_of(slot)?;
        Some(Live { instr, slot, id, side: level.side, tick: level.tick, qty })
    }

    /// The live order with this id, or a fault.
    #[inline(always)]
    pub fn known(&mut self, instr: u16, id: u64) -> Result<Option<Live>, Error> {
        let live = self.live(instr, id);
        if live.is_none() {
            self.fault(|q| &mut q.unknown_id, "order id", "a live order", id)?;
        }
        Ok(live)
    }

    /// A new order. A live one with its id leaves first; without lots it is skipped. Id 0 is nameless.
    #[inline]
    pub fn add(
        &mut self,
        stamp: Stamp,
        instr: u16,
        id: u64,
        side: Side,
        tick: i32,
        qty: u32,
    ) -> Result<(), Error> {
        if qty == 0 {
            return self.fault(|q| &mut q.zero, "size", "at least 1", 0);
        }
        if id != 0 && self.ids[usize::from(instr)].get(id) != NIL {
            self.evict(stamp, instr, id)?;
        }
        let slot = self.vacant(instr, id);
        // The slot is fresh and the lots are not 0, so the book takes it.
        let _ = self.book(instr)?.add(slot, id, side, tick, qty);
        let event = Event {
            slot,
            tick,
            qty,
            kind: Kind::Add as u8,
            flags: side_flags(side),
            instr,
            ..Event::default()
        };
        self.emit(stamp, event, id)
    }

    /// The live order with the id of a new one leaves.
    #[cold]
    fn evict(&mut self, stamp: Stamp, instr: u16, id: u64) -> Result<(), Error> {
        let Some(old) = self.live(instr, id) else { return Ok(()) };
        self.fault(|q| &mut q.duplicate_id, "order id", "one not live", id)?;
        self.take_off(stamp.with(flag::SYNTHETIC), old, old.qty, Kind::Delete, None)
    }

    /// A slot for a new order with this id.
    #[inline]
    fn vacant(&mut self, instr: u16, id: u64) -> u32 {
        let slot = self.slots[usize::from(instr)].take();
        if id != 0 {
            self.ids[usize::from(instr)].insert(id, slot);
        }
        if let Books::Orders(books) = &mut self.books {
            books[usize::from(instr)].admit((slot + 1).next_power_of_two().max(64));
        }
        slot
    }

    /// Free the slot of an order that has left.
    #[inline]
    fn vacate(&mut self, order: &Live) {
        if order.id != 0 {
            self.ids[usize::from(order.instr)].remove(order.id);
        }
        self.slots[usize::from(order.instr)].put(order.slot);
    }

    /// `lots` of an order leave by `kind`: REDUCE, DELETE or EXEC, the latter at `price`. More than it has is a
    /// fault and cut to what it has; a cancel of all is a DELETE, of less a REDUCE.
    #[inline]
    pub fn take_off(
        &mut self,
        stamp: Stamp,
        order: Live,
        lots: u32,
        kind: Kind,
        price: Option<i32>,
    ) -> Result<(), Error> {
        if lots == 0 {
            return self.fault(|q| &mut q.zero, "size", "at least 1", 0);
        }
        if lots > order.qty {
            self.fault(|q| &mut q.over_fill, "size", "at most what the order has", lots)?;
        }
        let off = lots.min(order.qty);
        let kind = match kind {
            Kind::Exec => Kind::Exec,
            _ if off == order.qty => Kind::Delete,
            _ => Kind::Reduce,
        };
        let _ = self.book(order.instr)?.reduce(order.slot, off);
        if off == order.qty {
            self.vacate(&order);
        }
        let tick = price.unwrap_or(order.tick);
        let off_price = if tick == order.tick { 0 } else { flag::OFF_PRICE };
        let event = Event {
            slot: order.slot,
            tick,
            qty: off,
            kind: kind as u8,
            flags: side_flags(order.side) | off_price,
            instr: order.instr,
            ..Event::default()
        };
        self.emit(stamp, event, order.id)
    }

    /// An order moves to `tick` with `qty` open lots. It keeps its place at the same price with no more lots.
    pub fn amend(&mut self, stamp: Stamp, order: Live, tick: i32, qty: u32) -> Result<(), Error> {
        if qty == 0 {
            return self.take_off(stamp, order, order.qty, Kind::Delete, None);
        }
        let keeps = tick == order.tick && qty <= order.qty;
        let _ = self.book(order.instr)?.amend(order.slot, tick, qty, keeps);
        let keeps = if keeps { flag::KEEPS_PRIORITY } else { 0 };
        let event = Event {
            slot: order.slot,
            tick,
            qty,
            kind: Kind::Amend as u8,
            flags: side_flags(order.side) | keeps,
            instr: order.instr,
            ..Event::default()
        };
        self.emit(stamp, event, order.id)
    }

    /// An order leaves and one of its side with id `new` rests at the tail of `tick`.
    pub fn replace(&mut self, stamp: Stamp, order: Live, new: u64, tick: i32, qty: u32) -> Result<(), Error> {
        if qty == 0 {
            self.fault(|q| &mut q.zero, "size", "at least 1", 0)?;
            return self.take_off(stamp, order, order.qty, Kind::Delete, None);
        }
        if new != order.id {
            self.evict(stamp, order.instr, new)?;
        }
        self.vacate(&order);
        let slot = self.vacant(order.instr, new);
        let _ = self.book(order.instr)?.replace(order.slot, slot, new, tick, qty);
        let event = Event {
            slot: order.slot,
            aux: slot,
            tick,
            qty,
            kind: Kind::Replace as u8,
            flags: side_flags(order.side),
            instr: order.instr,
            ..Event::default()
        };
        self.emit(stamp, event, new)
    }
}
