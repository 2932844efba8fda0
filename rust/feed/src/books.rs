use quantrl_lob::{Book, Fault, L2Book, Side};

use crate::event::{Event, Kind, flag};

/// Side of a flag byte.
#[inline]
pub fn side_of(flags: u8) -> Side {
    if flags & flag::SELL == 0 { Side::Buy } else { Side::Sell }
}

/// The book of each instrument: of orders for files of level 3, of level sums below.
#[derive(Clone, Debug)]
pub enum Books {
    /// Level 3.
    Orders(Vec<Book>),
    /// Level 2.
    Levels(Vec<L2Book>),
    /// Level 1: at most one level a side, set by BBO events.
    Best(Vec<L2Book>),
}

impl Books {
    /// Empty books: `slots` of each instrument, by level.
    pub fn new(level: u8, slots: &[u32]) -> Self {
        let sums = || vec![L2Book::default(); slots.len()];
        match level {
            1 => Self::Best(sums()),
            2 => Self::Levels(sums()),
            _ => Self::Orders(slots.iter().map(|&n| Book::with_slots(n)).collect()),
        }
    }

    /// Room for `levels` a side of each instrument, one order a level; nothing allocates below that.
    pub fn reserve(&mut self, levels: usize) {
        match self {
            Self::Orders(books) => books.iter_mut().for_each(|book| book.reserve(levels, levels)),
            Self::Levels(books) => books.iter_mut().for_each(|book| book.reserve(levels)),
            Self::Best(books) => books.iter_mut().for_each(|book| book.reserve(levels.min(1))),
        }
    }

    /// Room for orders in slots below `slots` of each instrument; nothing where there are level sums.
    pub fn admit(&mut self, slots: &[u32]) {
        if let Self::Orders(books) = self {
            books.iter_mut().zip(slots).for_each(|(book, &n)| book.admit(n));
        }
    }

    /// Instruments.
    pub fn len(&self) -> usize {
        match self {
            Self::Orders(books) => books.len(),
            Self::Levels(books) | Self::Best(books) => books.len(),
        }
    }

    /// Whether there is no instrument.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Apply an event whose instrument exists. Orders get their slot as id, so that a book reached through a
    /// checkpoint hashes as one replayed from the start.
    ///
    /// # Errors
    /// What the book refuses; it is as it was.
    #[inline]
    pub fn apply(&mut self, event: &Event) -> Result<(), Fault> {
        let instr = usize::from(event.instr);
        let Some(kind) = Kind::of(event.kind) else { return Ok(()) };
        match self {
            Self::Orders(books) => apply_order(&mut books[instr], kind, event),
            Self::Levels(books) => {
                match kind {
                    Kind::Level => {
                        books[instr].set(side_of(event.flags), event.tick, event.lots());
                    }
                    Kind::Clear | Kind::SnapBegin => books[instr].clear(),
                    _ => {}
                }
                Ok(())
            }
            Self::Best(books) => {
                match kind {
                    Kind::Bbo => set_best(&mut books[instr], event),
                    Kind::Clear | Kind::SnapBegin => books[instr].clear(),
                    _ => {}
                }
                Ok(())
            }
        }
    }

    /// Best tick of a side.
    #[inline]
    pub fn best(&self, instr: usize, side: Side) -> Option<(i32, u64)> {
        match self {
            Self::Orders(books) => books[instr].best(side).map(|level| (level.tick, level.qty)),
            Self::Levels(books) | Self::Best(books) => books[instr].best(side),
        }
    }

    /// Ticks and lots of a side, best first.
    pub fn depth(&self, instr: usize, side: Side) -> Box<dyn Iterator<Item = (i32, u64)> + '_> {
        match self {
            Self::Orders(books) => Box::new(books[instr].depth(side).map(|level| (level.tick, level.qty))),
            Self::Levels(books) | Self::Best(books) => Box::new(books[instr].depth(side)),
        }
    }

    /// Levels that a crossing quote removed, all instruments.
    pub fn purged(&self) -> u64 {
        match self {
            Self::Orders(_) => 0,
            Self::Levels(books) | Self::Best(books) => books.iter().map(L2Book::purged).sum(),
        }
    }

    /// FNV-1a over the `state_hash` of every book. O(orders or levels).
    pub fn state_hash(&self) -> u64 {
        let mut hash = quantrl_lob::Fnv::default();
        match self {
            Self::Orders(books) => {
                books.iter().for_each(|book| hash.write(&book.state_hash().to_le_bytes()));
            }
            Self::Levels(books) | Self::Best(books) => {
                books.iter().for_each(|book| hash.write(&book.state_hash().to_le_bytes()));
            }
        }
        hash.finish()
    }
}

#[inline]
fn apply_order(book: &mut Book, kind: Kind, event: &Event) -> Result<(), Fault> {
    let Event { slot, tick, qty, aux, flags, .. } = *event;
    match kind {
        Kind::Add => book.add(slot, u64::from(slot), side_of(flags), tick, qty),
        Kind::Reduce => book.reduce(slot, qty).map(|_| ()),
        Kind::Exec => book.exec(slot, qty).map(|_| ()),
        Kind::Delete => book.delete(slot).map(|_| ()),
        Kind::Amend => book.amend(slot, tick, qty, flags & flag::KEEPS_PRIORITY != 0).map(|_| ()),
        Kind::Replace => book.replace(slot, aux, u64::from(aux), tick, qty).map(|_| ()),
        Kind::Clear | Kind::SnapBegin => {
            book.clear();
            Ok(())
        }
        _ => Ok(()),
    }
}

fn set_best(book: &mut L2Book, event: &Event) {
    let side = side_of(event.flags);
    while let Some((tick, _)) = book.best(side) {
        book.set(side, tick, 0);
    }
    book.set(side, event.tick, event.lots());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_on_orders() {
        let mut books = Books::new(3, &[4]);
        let event = |kind: Kind, slot, tick, qty, aux, flags| Event {
            kind: kind as u8,
            slot,
            tick,
            qty,
            aux,
            flags,
            ..Event::default()
        };
        let mut apply = |e: Event| books.apply(&e).map(|()| books.best(0, Side::Buy));
        assert_eq!(apply(event(Kind::Add, 0, 10, 5, 0, 0)), Ok(Some((10, 5))));
        assert_eq!(apply(event(Kind::Add, 1, 11, 7, 0, 0)), Ok(Some((11, 7))));
        assert_eq!(apply(event(Kind::Reduce, 1, 0, 3, 0, 0)), Ok(Some((11, 4))));
        assert_eq!(apply(event(Kind::Exec, 1, 11, 4, 0, 0)), Ok(Some((10, 5))));
        assert_eq!(apply(event(Kind::Amend, 0, 12, 9, 0, 0)), Ok(Some((12, 9))));
        assert_eq!(apply(event(Kind::Replace, 0, 8, 2, 3, 0)), Ok(Some((8, 2))));
        assert_eq!(apply(event(Kind::Print, 0, 8, 2, 3, 0)), Ok(Some((8, 2))));
        assert!(apply(event(Kind::Delete, 0, 0, 0, 0, 0)).is_err());
        assert!(apply(event(Kind::Add, 4, 1, 1, 0, 0)).is_err());
        assert_eq!(apply(event(Kind::Delete, 3, 0, 2, 0, 0)), Ok(None));
        assert_eq!(apply(event(Kind::Add, 2, 1, 1, 0, 0)), Ok(Some((1, 1))));
        assert_eq!(apply(event(Kind::SnapBegin, 0, 0, 0, 0, 0)), Ok(None));
    }

    #[test]
    fn best_levels_replace_each_other() {
        let mut books = Books::new(1, &[0]);
        for (tick, qty) in [(10, 5), (9, 4)] {
            let event = Event { kind: Kind::Bbo as u8, tick, qty, ..Event::default() };
            books.apply(&event).unwrap();
            assert_eq!(books.depth(0, Side::Buy).collect::<Vec<_>>(), [(tick, u64::from(qty))]);
        }
    }
}
