use quantrl_lob::{Book, Side};

/// The book a flow sees, never without a touch: an empty side's stands where the other one, or the last trade, puts it.
#[derive(Clone, Copy, Debug)]
pub struct BookView<'a> {
    book: &'a Book,
    touch: [i32; 2],
}

impl<'a> BookView<'a> {
    /// `anchor` is a price to fall back on where both sides are empty.
    pub fn new(book: &'a Book, anchor: i32) -> Self {
        let best = |side| book.best(side).map(|level| level.tick);
        let touch = match (best(Side::Buy), best(Side::Sell)) {
            (Some(bid), Some(ask)) => [bid, ask],
            (Some(bid), None) => [bid, bid.saturating_add(1)],
            (None, Some(ask)) => [ask.saturating_sub(1), ask],
            (None, None) => [anchor, anchor.saturating_add(1)],
        };
        Self { book, touch }
    }

    /// Best tick of a side.
    #[inline]
    pub fn touch(&self, side: Side) -> i32 {
        self.touch[side as usize]
    }

    /// Levels of a side, best first: ticks behind the other side's touch, from 1 on, and how many orders.
    pub fn queues(&self, side: Side) -> impl Iterator<Item = (u32, u32)> + '_ {
        let other = self.touch(side.opposite());
        self.book.depth(side).map(move |level| (level.tick.abs_diff(other), level.count))
    }

    /// Slot of the nth order of the level `distance` ticks behind the other side's touch.
    pub fn nth(&self, side: Side, distance: u32, n: u32) -> Option<u32> {
        let level = self.book.level(side, self.at(side, distance))?;
        self.book.queue(level).nth(n as usize).map(|(slot, _)| slot)
    }

    /// Tick of a side, `distance` behind the other side's touch.
    #[inline]
    pub fn at(&self, side: Side, distance: u32) -> i32 {
        let other = self.touch(side.opposite());
        match side {
            Side::Buy => other.saturating_sub_unsigned(distance),
            Side::Sell => other.saturating_add_unsigned(distance),
        }
    }
}
