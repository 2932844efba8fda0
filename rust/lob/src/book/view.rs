use super::Book;
use crate::ladder::Ladder;
use crate::types::{Level, NIL, Order, Side, Slot};

/// Levels of one side, best first.
pub struct Depth<'a, I> {
    levels: &'a [Level],
    places: I,
}

impl<'a, I: Iterator<Item = (i32, u32)>> Iterator for Depth<'a, I> {
    type Item = &'a Level;

    #[inline]
    fn next(&mut self) -> Option<&'a Level> {
        self.places.next().map(|(_, place)| &self.levels[place as usize])
    }
}

/// Orders at one price with their slots, first to be filled first.
pub struct Queue<'a> {
    orders: &'a [Order],
    slot: Slot,
}

impl<'a> Iterator for Queue<'a> {
    type Item = (Slot, &'a Order);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slot;
        let order = self.orders.get(slot as usize)?;
        self.slot = order.next;
        Some((slot, order))
    }
}

impl<L: Ladder<u32>> Book<L> {
    /// Best level of a side. O(1).
    #[inline]
    pub fn best(&self, side: Side) -> Option<&Level> {
        self.ladder(side).best().map(|(_, place)| &self.levels[place])
    }

    /// Level at a price. O(log levels), O(1) near the best.
    #[inline]
    pub fn level(&self, side: Side, tick: i32) -> Option<&Level> {
        self.ladder(side).get(side.key(tick)).map(|place| &self.levels[place])
    }

    /// Lots at a price, 0 if none.
    #[inline]
    pub fn lots(&self, side: Side, tick: i32) -> u64 {
        self.level(side, tick).map_or(0, |level| level.qty)
    }

    /// Levels of a side, best first.
    pub fn depth(&self, side: Side) -> Depth<'_, impl Iterator<Item = (i32, u32)> + '_> {
        Depth { levels: self.levels.nodes(), places: self.ladder(side).iter() }
    }

    /// Number of levels of a side.
    pub fn level_count(&self, side: Side) -> usize {
        self.ladder(side).len()
    }

    /// Orders of a level, first to be filled first.
    pub fn queue(&self, level: &Level) -> Queue<'_> {
        Queue { orders: self.orders.nodes(), slot: level.head }
    }

    /// The order in `slot`, if one rests there.
    #[inline]
    pub fn order(&self, slot: Slot) -> Option<&Order> {
        self.orders.nodes().get(slot as usize).filter(|order| slot != NIL && !order.is_free())
    }

    /// The level on which the order in `slot` stands.
    #[inline]
    pub fn level_of(&self, slot: Slot) -> Option<&Level> {
        self.order(slot).map(|order| &self.levels[order.level])
    }

    /// Resting orders. O(levels).
    pub fn order_count(&self) -> usize {
        Side::BOTH.iter().flat_map(|&side| self.depth(side)).map(|level| level.count as usize).sum()
    }
}
