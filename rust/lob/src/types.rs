//! The units of a book, and what an order and a level look like in memory.

/// Price in ticks of the instrument, absolute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

/// Quantity in lots of the instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lots(pub i64);

/// Time in nanoseconds, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub i64);

/// Place of an order in the slab.
pub type Slot = u32;

/// No slot, no level.
pub const NIL: u32 = u32::MAX;

/// Side of the book. Both sides share one body: every comparison is made on [`Side::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Side {
    /// Bids.
    Buy = 0,
    /// Asks.
    Sell = 1,
}

impl Side {
    /// Bids, then asks.
    pub const BOTH: [Side; 2] = [Side::Buy, Side::Sell];

    /// The other side.
    #[inline]
    pub fn opposite(self) -> Self {
        if self as u8 == 0 { Side::Sell } else { Side::Buy }
    }

    /// Rank of a tick on this side, larger = better. Asks take the complement: `i32::MIN` has no negative.
    #[inline]
    pub fn key(self, tick: i32) -> i32 {
        tick ^ -(self as i32)
    }

    /// Inverse of [`Side::key`].
    #[inline]
    pub fn tick(self, key: i32) -> i32 {
        self.key(key)
    }
}

/// Own order by slot and generation: a recycled slot does not match an old reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderRef(u64);

impl OrderRef {
    /// `generation << 32 | slot`.
    pub fn new(generation: u32, slot: Slot) -> Self {
        Self(u64::from(generation) << 32 | u64::from(slot))
    }

    /// Place in the table of own orders.
    pub fn slot(self) -> Slot {
        self.0 as u32
    }

    /// How often the slot had been used before.
    pub fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// [`Order::flags`]: counted in [`Level::own`].
pub const OWN: u16 = 1;
/// [`Order::flags`]: never takes, on entry or modify.
pub const POST_ONLY: u16 = 2;
/// [`Order::flags`]: ends at a time or at the close.
pub const EXPIRES: u16 = 4;

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Order {
    /// Id given by whoever entered it.
    pub id: u64,
    /// Open lots.
    pub qty: u32,
    /// Order ahead at the same price.
    pub prev: Slot,
    /// Order behind at the same price; of a free slot, the next free one.
    pub next: Slot,
    /// Level it stands on; `NIL` if the slot is free.
    pub level: u32,
    /// Stamp of the last time it joined a queue, per book.
    pub prio: u32,
    /// Who entered it; 0 = nobody in particular.
    pub owner: u16,
    /// `OWN | POST_ONLY | EXPIRES`.
    pub flags: u16,
}

impl Order {
    /// What a free slot holds.
    pub const FREE: Self =
        Self { id: 0, qty: 0, prev: NIL, next: NIL, level: NIL, prio: 0, owner: 0, flags: 0 };

    /// Whether the slot is free.
    #[inline]
    pub fn is_free(&self) -> bool {
        self.level == NIL
    }
}

/// A price with orders, first in first out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Level {
    /// Sum of open lots.
    pub qty: u64,
    /// First to be filled.
    pub head: Slot,
    /// Last to be filled; of a free level, the next free one.
    pub tail: Slot,
    /// Orders.
    pub count: u32,
    /// Price relative to the book's base.
    pub tick: i32,
    /// How often this place had been used before.
    pub generation: u32,
    /// Orders flagged [`OWN`], modulo 2^16.
    pub own: u16,
    /// Side.
    pub side: Side,
    /// Always 0.
    pub pad: u8,
}

impl Level {
    /// What an unused place holds.
    pub const FREE: Self = Self {
        qty: 0,
        head: NIL,
        tail: NIL,
        count: 0,
        tick: 0,
        generation: 0,
        own: 0,
        side: Side::Buy,
        pad: 0,
    };
}

const _: () = assert!(size_of::<Order>() == 32 && size_of::<Level>() == 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_rank_the_whole_span() {
        for side in Side::BOTH {
            for tick in [i32::MIN, -1, 0, 1, i32::MAX] {
                assert_eq!(side.tick(side.key(tick)), tick);
            }
        }
        assert!(Side::Buy.key(i32::MAX) > Side::Buy.key(i32::MIN));
        assert!(Side::Sell.key(i32::MIN) > Side::Sell.key(i32::MIN + 1));
        assert!(Side::Sell.key(-1) > Side::Sell.key(0));
    }

    #[test]
    fn references_hold_both_parts() {
        let reference = OrderRef::new(7, u32::MAX - 1);
        assert_eq!((reference.generation(), reference.slot()), (7, u32::MAX - 1));
    }
}
