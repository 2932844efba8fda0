use quantrl_feed::{Books, Event, Kind, flag, side_of};
use quantrl_lob::{Book, Fault, OrderRef, Side, Touched};

use super::desk::Desk;
use super::history::History;
use super::ledger::Ledger;
use super::orders::{Meeting, Offer, Resting};
use super::queues::{Queues, Stamp};
use super::replayed::replayed;
use super::saved::Reader;
use super::{FillRule, OwnConfig};
use crate::tick::{Error, Report, Request, Stopped, Venue};

/// Own orders in queues of single orders, exactly where they would stand: behind every order that was there when they
/// came, ahead of every later one. History does not react to them. After a CLEAR nothing is ahead of them.
#[derive(Clone, Debug)]
pub struct Ghost {
    books: Books,
    market: Market,
}

#[derive(Clone, Debug)]
struct Market {
    desk: Desk<Stamp>,
    jumped: u64,
}

/// An order before an event changed it.
#[derive(Clone, Copy)]
struct Was {
    tick: i32,
    qty: u32,
}

impl Ghost {
    /// Over the books of a file of level 3.
    ///
    /// # Errors
    /// Books of level sums, a queue model, or a setting out of range.
    pub fn new(books: Books, config: OwnConfig) -> Result<Self, Error> {
        if !matches!(books, Books::Orders(_)) {
            return Err(Error::config("mode", "a file of level 3 for ghost", "level sums"));
        }
        if let Some(model) = config.queue {
            return Err(Error::config("queue", "none on a file of level 3, where queues are known", model));
        }
        let desk = Desk::new(books.len(), config.checked()?);
        Ok(Self { books, market: Market { desk, jumped: 0 } })
    }

    /// Lots of history ahead of an own order; None if it does not rest. O(orders ahead).
    pub fn ahead(&self, instr: u16, side: Side, order: OrderRef) -> Option<u64> {
        let at = self.market.desk.orders.find(instr, side, order)?;
        let own = &self.market.desk.orders.side(instr, side)[at];
        Some(Queues(self.orders()).ahead(instr, side, side.tick(own.key), own.place))
    }

    /// Executions that went to own orders while lots ahead of them remained: icebergs and implied orders.
    pub fn jumped(&self) -> u64 {
        self.market.jumped
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.market.desk.ledger
    }

    pub(super) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.market.desk.ledger
    }

    fn orders(&self) -> &[Book] {
        match &self.books {
            Books::Orders(books) => books,
            _ => &[],
        }
    }
}

impl Market {
    /// Apply an event and give own orders what is theirs.
    #[inline]
    fn apply(&mut self, books: &mut [Book], event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault> {
        let &Event { instr, slot, tick, qty, aux, flags, .. } = event;
        let book = books.get_mut(usize::from(instr)).ok_or(Fault::OutOfRange(slot))?;
        match Kind::of(event.kind) {
            Some(Kind::Add) => {
                book.add(slot, u64::from(slot), side_of(flags), tick, qty)?;
                self.quoted(event, side_of(flags), qty, None, reports);
            }
            Some(Kind::Reduce) => {
                let touched = book.reduce(slot, qty)?;
                self.left(book, instr, touched.side, touched.tick);
            }
            Some(Kind::Delete) => {
                let touched = book.delete(slot)?;
                self.left(book, instr, touched.side, touched.tick);
            }
            Some(Kind::Exec) => {
                let touched = book.exec(slot, qty)?;
                self.left(book, instr, touched.side, touched.tick);
                self.executed(book, event, touched, reports);
            }
            Some(Kind::Amend) => {
                let was = was(book, slot);
                let touched = book.amend(slot, tick, qty, flags & flag::KEEPS_PRIORITY != 0)?;
                self.left(book, instr, touched.side, touched.tick);
                self.quoted(event, touched.side, qty, was, reports);
            }
            Some(Kind::Replace) => {
                let was = was(book, slot);
                let touched = book.replace(slot, aux, u64::from(aux), tick, qty)?;
                self.left(book, instr, touched.side, touched.tick);
                self.quoted(event, touched.side, qty, was, reports);
            }
            Some(Kind::Print) if flags & flag::HIDDEN != 0 => self.printed(event, reports),
            Some(Kind::Clear | Kind::SnapBegin) => {
                book.clear();
                Side::BOTH.iter().for_each(|&side| self.desk.ledger.emptied(instr, side, i32::MIN));
            }
            _ => {}
        }
        Ok(())
    }

    /// Lots left a price: if they were the last, what own orders took there is forgotten.
    #[inline]
    fn left(&mut self, book: &Book, instr: u16, side: Side, tick: i32) {
        if !self.desk.ledger.is_empty() && book.level(side, tick).is_none() {
            self.desk.ledger.emptied_at(instr, side, side.key(tick));
        }
    }

    /// A resting order traded. Own orders at better prices, and those ahead of it at its price, would have come first.
    #[inline]
    fn executed(&mut self, book: &Book, event: &Event, touched: Touched, reports: &mut Vec<Report>) {
        if self.desk.orders.meets(event.instr, touched.side, touched.side.key(touched.tick)) {
            self.give_executed(book, event, touched, reports);
        }
    }

    #[inline(never)]
    fn give_executed(&mut self, book: &Book, event: &Event, touched: Touched, reports: &mut Vec<Report>) {
        let Touched { side, tick, off, prio, .. } = touched;
        let (instr, bound) = (event.instr, side.key(tick));
        let OwnConfig { fill, through, .. } = self.desk.config;
        let lots = u64::from(off);
        let head = book.level(side, tick).and_then(|level| book.order(level.head)).map(|order| order.prio);
        let jumped = &mut self.jumped;
        self.desk.orders.fill(
            Meeting { ts: event.ts_exch, instr, side, bound },
            |own, given| {
                if own.key > bound {
                    return Offer::past(through, lots);
                }
                if own.place > prio {
                    return Offer::Lots(0);
                }
                if fill == FillRule::Full || given < lots {
                    *jumped += u64::from(head.is_some_and(|head| head < own.place));
                }
                Offer::at(fill, lots)
            },
            reports,
        );
    }

    /// A hidden order traded at a price: it stood behind every displayed one. Where its side is not known, only own
    /// orders of one side can rest there.
    #[inline(never)]
    fn printed(&mut self, event: &Event, reports: &mut Vec<Report>) {
        let (ts, instr, lots) = (event.ts_exch, event.instr, u64::from(event.qty));
        let known = event.has(flag::SIDE_KNOWN).then(|| side_of(event.flags));
        let fill = self.desk.config.fill;
        for side in Side::BOTH.into_iter().filter(|&side| known.is_none_or(|known| known == side)) {
            let bound = side.key(event.tick);
            let offer = |own: &mut Resting<Stamp>, _| match own.key > bound {
                true => Offer::Lots(0),
                false => Offer::at(fill, lots),
            };
            self.desk.orders.fill(Meeting { ts, instr, side, bound }, offer, reports);
        }
    }

    /// An order of history came to a price: own orders of the other side that it reaches trade with it. One that it
    /// had reached before only gets the lots that are new.
    #[inline]
    fn quoted(&mut self, event: &Event, side: Side, qty: u32, was: Option<Was>, reports: &mut Vec<Report>) {
        let own_side = side.opposite();
        if self.desk.orders.meets(event.instr, own_side, own_side.key(event.tick)) {
            self.give_quoted(event, side, qty, was, reports);
        }
    }

    #[inline(never)]
    fn give_quoted(
        &mut self,
        event: &Event,
        side: Side,
        qty: u32,
        was: Option<Was>,
        reports: &mut Vec<Report>,
    ) {
        let (ts, instr, own_side) = (event.ts_exch, event.instr, side.opposite());
        let bound = own_side.key(event.tick);
        let through = self.desk.config.through;
        let given = self.desk.orders.fill(
            Meeting { ts, instr, side: own_side, bound },
            |own, _| match was {
                Some(was) if own.key >= own_side.key(was.tick) => match qty.saturating_sub(was.qty) {
                    0 => Offer::Lots(0),
                    new => Offer::past(through, u64::from(new)),
                },
                _ => Offer::past(through, u64::from(qty)),
            },
            reports,
        );
        self.desk.ledger.take(instr, side, side.key(event.tick), given.min(u64::from(qty)), ts);
    }
}

#[inline]
fn was(book: &Book, slot: u32) -> Option<Was> {
    Some(Was { tick: book.level_of(slot)?.tick, qty: book.order(slot)?.qty })
}

impl Venue for Ghost {
    fn books(&self) -> &Books {
        &self.books
    }

    fn admit(&mut self, slots: &[u32]) {
        self.books.admit(slots);
    }

    fn resting(&self) -> usize {
        self.market.desk.orders.count()
    }

    fn on_event(&mut self, event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault> {
        let Books::Orders(books) = &mut self.books else { return Ok(()) };
        self.market.desk.ledger.expire(event.ts_exch);
        self.market.apply(books, event, reports)
    }

    fn run(
        &mut self,
        events: &[[u8; Event::SIZE]],
        until: i64,
        reports: &mut Vec<Report>,
    ) -> Result<Stopped, (usize, Fault)> {
        let before = reports.len();
        if let Some(ts) = events.first().map(|first| Event::of_bytes(first).ts_exch).filter(|&ts| ts < until)
        {
            self.market.desk.ledger.expire(ts);
        }
        if self.market.desk.is_idle() {
            return replayed(&mut self.books, events, until);
        }
        let Self { books: Books::Orders(books), market } = self else {
            return Ok(Stopped { events: 0, reported: false });
        };
        for (i, bytes) in events.iter().enumerate() {
            let event = Event::of_bytes(bytes);
            if event.ts_exch >= until {
                return Ok(Stopped { events: i, reported: false });
            }
            market.apply(books, &event, reports).map_err(|fault| (i, fault))?;
            if reports.len() > before {
                return Ok(Stopped { events: i + 1, reported: true });
            }
        }
        Ok(Stopped { events: events.len(), reported: false })
    }

    fn submit(&mut self, ts: i64, request: &Request, reports: &mut Vec<Report>) {
        let Self { books: Books::Orders(books), market } = self else { return };
        market.desk.submit(&Queues(books), ts, request, reports);
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.extend(self.market.jumped.to_le_bytes());
        self.market.desk.save(&Queues(self.orders()), out);
    }

    fn load(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        let mut from = Reader(bytes);
        let loaded = from.u64("jumped").and_then(|jumped| {
            let desk = self.market.desk.loaded(&Queues(self.orders()), &mut from)?;
            Ok(Market { desk, jumped })
        });
        self.market = loaded.map_err(|error| error.to_string())?;
        *bytes = from.0;
        Ok(())
    }
}
