use quantrl_feed::{Books, Event, Instrument, Kind, flag, side_of};
use quantrl_lob::{Fault, L2Book, OrderRef, Side};

use super::desk::Desk;
use super::front::Front;
use super::ledger::Ledger;
use super::orders::{Meeting, Offer};
use super::replayed::replayed;
use super::saved::Reader;
use super::sums::Sums;
use super::{OwnConfig, QueueModel};
use crate::tick::{Error, Report, Request, Stopped, Venue};

/// Own orders in queues of which only the sum is known: their place is estimated by a queue model.
#[derive(Clone, Debug)]
pub struct L2Queue {
    books: Books,
    market: Market,
}

#[derive(Clone, Debug)]
struct Market {
    desk: Desk<Front>,
    model: QueueModel,
    /// Base units of a lot, by instrument.
    lots: Vec<f64>,
}

impl L2Queue {
    /// Over the books of a file of level 1 or 2 with these instruments.
    ///
    /// # Errors
    /// Books of orders, other instruments than books, no queue model, or a setting out of range.
    pub fn new(books: Books, instruments: &[Instrument], config: OwnConfig) -> Result<Self, Error> {
        if matches!(books, Books::Orders(_)) {
            return Err(Error::config("mode", "a file of level 1 or 2 for l2_queue", "level 3"));
        }
        if books.len() != instruments.len() {
            return Err(Error::config("instruments", books.len(), instruments.len()));
        }
        let Some(model) = config.queue else {
            return Err(Error::config("queue", "a queue model, as the file shows no queues", "none"));
        };
        let lots = instruments.iter().map(|row| row.lot_size.to_f64()).collect();
        let desk = Desk::new(books.len(), config.checked()?);
        Ok(Self { books, market: Market { desk, model: model.checked()?, lots } })
    }

    /// Estimated lots ahead of an own order, at least 0, infinite where its price is not shown; None if it does not rest.
    pub fn ahead(&self, instr: u16, side: Side, order: OrderRef) -> Option<f64> {
        let at = self.market.desk.orders.find(instr, side, order)?;
        Some(self.market.desk.orders.side(instr, side)[at].place.ahead.max(0.0))
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.market.desk.ledger
    }

    pub(super) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.market.desk.ledger
    }

    fn sums(&self) -> Sums<'_> {
        Sums::of(&self.books)
    }
}

impl Market {
    #[inline]
    fn apply(&mut self, books: &mut Books, event: &Event, reports: &mut Vec<Report>) -> Result<(), Fault> {
        let &Event { instr, flags, slot, .. } = event;
        if usize::from(instr) >= self.lots.len() {
            return Err(Fault::OutOfRange(slot));
        }
        match (books, Kind::of(event.kind)) {
            (Books::Levels(books), Some(Kind::Level)) => {
                if let Some(before) = self.set(&mut books[usize::from(instr)], event) {
                    self.level(event, before, reports);
                }
            }
            (Books::Best(books), Some(Kind::Bbo)) => {
                let side = side_of(flags);
                let before = books[usize::from(instr)].best(side);
                set_best(&mut books[usize::from(instr)], event);
                self.best(event, before, reports);
            }
            (Books::Levels(books) | Books::Best(books), Some(Kind::Clear | Kind::SnapBegin)) => {
                self.cleared(&mut books[usize::from(instr)], instr);
            }
            (_, Some(Kind::Trade)) => self.traded(event, reports),
            _ => {}
        }
        Ok(())
    }

    /// A price of a level 2 file gets the event's lots; its lots before if that may concern own orders.
    #[inline]
    fn set(&self, book: &mut L2Book, event: &Event) -> Option<u64> {
        let side = side_of(event.flags);
        let before = book.set(side, event.tick, event.lots());
        let concerns = self.desk.orders.may_concern(event.instr, side, side.key(event.tick));
        (concerns | !self.desk.ledger.is_empty()).then_some(before)
    }

    /// A price of a level 2 file went from `before` lots to the event's.
    #[inline(never)]
    fn level(&mut self, event: &Event, before: u64, reports: &mut Vec<Report>) {
        let (instr, side, now) = (event.instr, side_of(event.flags), event.lots());
        let key = side.key(event.tick);
        if !self.desk.ledger.is_empty() {
            self.forget(event, side);
        }
        for own in self.desk.orders.at_mut(instr, side, key) {
            own.place.depth(&self.model, before, now, self.lots[usize::from(instr)]);
        }
        self.quoted(event, side, now.saturating_sub(before), reports);
    }

    /// As `Venue::run`, over books of levels.
    fn levels(
        &mut self,
        books: &mut [L2Book],
        events: &[[u8; Event::SIZE]],
        until: i64,
        reports: &mut Vec<Report>,
    ) -> Result<Stopped, (usize, Fault)> {
        let before = reports.len();
        for (i, bytes) in events.iter().enumerate() {
            let event = Event::of_bytes(bytes);
            if event.ts_exch >= until {
                return Ok(Stopped { events: i, reported: false });
            }
            let Some(book) = books.get_mut(usize::from(event.instr)) else {
                return Err((i, Fault::OutOfRange(event.slot)));
            };
            // The rare calls decode anew: an event they share with the loop would be stored for them each time.
            if event.kind == Kind::Level as u8 {
                if let Some(before) = self.set(book, &event) {
                    self.level(&Event::of_bytes(bytes), before, reports);
                }
            } else if event.kind == Kind::Trade as u8 {
                self.traded(&Event::of_bytes(bytes), reports);
            } else if matches!(Kind::of(event.kind), Some(Kind::Clear | Kind::SnapBegin)) {
                self.cleared(book, event.instr);
            }
            if reports.len() > before {
                return Ok(Stopped { events: i + 1, reported: true });
            }
        }
        Ok(Stopped { events: events.len(), reported: false })
    }

    fn cleared(&mut self, book: &mut L2Book, instr: u16) {
        book.clear();
        Side::BOTH.iter().for_each(|&side| self.desk.ledger.emptied(instr, side, i32::MIN));
    }

    #[cold]
    fn forget(&mut self, event: &Event, side: Side) {
        if event.lots() == 0 {
            self.desk.ledger.emptied_at(event.instr, side, side.key(event.tick));
        } else {
            let other = side.opposite();
            self.desk.ledger.emptied(event.instr, other, other.key(event.tick));
        }
    }

    /// The best price of a level 1 file was `before` and is the event's. Prices behind it are hidden, not empty.
    fn best(&mut self, event: &Event, before: Option<(i32, u64)>, reports: &mut Vec<Report>) {
        let (instr, side, now) = (event.instr, side_of(event.flags), event.lots());
        let (other, key) = (side.opposite(), side.key(event.tick));
        let emptied = if now == 0 { i32::MIN } else { key.saturating_add(1) };
        self.desk.ledger.emptied(instr, side, emptied);
        if now > 0 {
            self.desk.ledger.emptied(instr, other, other.key(event.tick));
        }
        let lot = self.lots[usize::from(instr)];
        for own in self.desk.orders.side_mut(instr, side) {
            match before {
                Some((tick, lots)) if side.key(tick) == own.key && (now == 0 || own.key >= key) => {
                    own.place.depth(&self.model, lots, if own.key == key { now } else { 0 }, lot);
                }
                _ if now == 0 || own.key > key => own.place.shown(0),
                _ if own.key == key => own.place.shown(now),
                _ => {}
            }
        }
        let before = before.filter(|&(tick, _)| tick == event.tick).map_or(0, |(_, lots)| lots);
        self.quoted(event, side, now.saturating_sub(before), reports);
    }

    /// `new` lots came to a price of a side: own orders of the other side that they reach trade with them.
    #[inline]
    fn quoted(&mut self, event: &Event, side: Side, new: u64, reports: &mut Vec<Report>) {
        let own_side = side.opposite();
        if new > 0 && self.desk.orders.meets(event.instr, own_side, own_side.key(event.tick)) {
            self.give_quoted(event, side, new, reports);
        }
    }

    #[inline(never)]
    fn give_quoted(&mut self, event: &Event, side: Side, new: u64, reports: &mut Vec<Report>) {
        let (ts, instr, own_side) = (event.ts_exch, event.instr, side.opposite());
        let bound = own_side.key(event.tick);
        let offer = Offer::past(self.desk.config.through, new);
        let given =
            self.desk.orders.fill(Meeting { ts, instr, side: own_side, bound }, |_, _| offer, reports);
        self.desk.ledger.take(instr, side, side.key(event.tick), given.min(new), ts);
    }

    /// A trade. Where its aggressor is not known, only own orders of one side can be reached.
    #[inline(never)]
    fn traded(&mut self, event: &Event, reports: &mut Vec<Report>) {
        let (ts, instr, lots) = (event.ts_exch, event.instr, event.lots());
        let known = event.has(flag::SIDE_KNOWN).then(|| side_of(event.flags).opposite());
        let OwnConfig { fill, through, .. } = self.desk.config;
        for side in Side::BOTH.into_iter().filter(|&side| known.is_none_or(|known| known == side)) {
            let bound = side.key(event.tick);
            if !self.desk.orders.meets(instr, side, bound) {
                continue;
            }
            self.desk.orders.fill(
                Meeting { ts, instr, side, bound },
                |own, _| {
                    if own.key > bound {
                        return Offer::past(through, lots);
                    }
                    match own.place.trade(lots) {
                        0 => Offer::Lots(0),
                        // A model can put fewer than 0 lots ahead: no more reach the order than traded.
                        reach => Offer::at(fill, reach.min(lots)),
                    }
                },
                reports,
            );
        }
    }
}

fn set_best(book: &mut L2Book, event: &Event) {
    let side = side_of(event.flags);
    while let Some((tick, _)) = book.best(side) {
        book.set(side, tick, 0);
    }
    book.set(side, event.tick, event.lots());
}

impl Venue for L2Queue {
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
        self.market.desk.ledger.expire(event.ts_exch);
        self.market.apply(&mut self.books, event, reports)
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
        if let Books::Levels(books) = &mut self.books {
            return self.market.levels(books, events, until, reports);
        }
        for (i, bytes) in events.iter().enumerate() {
            let event = Event::of_bytes(bytes);
            if event.ts_exch >= until {
                return Ok(Stopped { events: i, reported: false });
            }
            self.market.apply(&mut self.books, &event, reports).map_err(|fault| (i, fault))?;
            if reports.len() > before {
                return Ok(Stopped { events: i + 1, reported: true });
            }
        }
        Ok(Stopped { events: events.len(), reported: false })
    }

    fn submit(&mut self, ts: i64, request: &Request, reports: &mut Vec<Report>) {
        self.market.desk.submit(&Sums::of(&self.books), ts, request, reports);
    }

    fn save(&self, out: &mut Vec<u8>) {
        self.market.desk.save(&self.sums(), out);
    }

    fn load(&mut self, bytes: &mut &[u8]) -> Result<(), String> {
        let mut from = Reader(bytes);
        let desk = self.market.desk.loaded(&self.sums(), &mut from).map_err(|error| error.to_string())?;
        self.market.desk = desk;
        *bytes = from.0;
        Ok(())
    }
}
