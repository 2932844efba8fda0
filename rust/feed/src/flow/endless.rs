//! Several flows side by side, without an end: the events of one stretch of time after another.

use quantrl_lob::{Book, Nanos, Side};

use super::market::{Market, Tape};
use super::{BookView, Flow, Msg, Opening};
use crate::books::Books;
use crate::checkpoint;
use crate::convert::recorder::{Stamp, side_flags};
use crate::convert::slots::Slots;
use crate::error::{Error, Place};
use crate::event::{Event, Kind, NO_SLOT, RECV_UNKNOWN, flag};

/// A flow with its market, and the time of its last message.
struct Line {
    flow: Box<dyn Flow + Send>,
    market: Market<Stream>,
    at: i64,
}

/// Flows that run for ever from one start, each on a book of its own. Where a stretch ends changes no event.
pub struct Endless {
    lines: Vec<Line>,
    openings: Vec<Opening>,
    begun: bool,
    messages: Vec<Msg>,
}

impl Endless {
    /// Before the openings, all of them at `start`, ns UTC. Instruments are numbered as the flows are.
    ///
    /// # Errors
    /// No flow, or more than 65,536.
    pub fn new(flows: Vec<(Box<dyn Flow + Send>, Opening)>, start: i64) -> Result<Self, Error> {
        if !(1..=1 << 16).contains(&flows.len()) {
            return Err(Error::config("flows", "1 to 65536", flows.len()));
        }
        let openings = flows.iter().map(|(_, opening)| *opening).collect();
        let line = |((flow, opening), instr): ((Box<dyn Flow + Send>, Opening), u16)| Line {
            flow,
            market: Market { tape: Stream::new(instr), anchor: opening.bid },
            at: start,
        };
        let lines = flows.into_iter().zip(0..=u16::MAX).map(line).collect();
        Ok(Self { lines, openings, begun: false, messages: Vec::new() })
    }

    /// Events from where the last stretch ended to those before `until`, ns UTC, by (time, instrument): the order of
    /// `merge`. The openings come with the first stretch that reaches their time.
    ///
    /// # Errors
    /// None of a sound flow.
    pub fn run(&mut self, until: i64) -> Result<Vec<Event>, Error> {
        if self.lines.iter().any(|line| line.at >= until) && !self.begun {
            return Ok(Vec::new());
        }
        let openings = (!self.begun).then_some(&self.openings);
        for (i, line) in self.lines.iter_mut().enumerate() {
            if let Some(openings) = openings {
                let stamp = Stamp::at(line.at).with(flag::SNAPSHOT | flag::SYNTHETIC);
                line.market.open(openings[i], stamp)?;
            }
            line.run(until, &mut self.messages)?;
        }
        self.begun = true;
        let mut all: Vec<Event> =
            self.lines.iter_mut().flat_map(|line| std::mem::take(&mut line.market.tape.events)).collect();
        all.sort_by_key(|event| (event.ts_exch, event.instr));
        Ok(all)
    }

    /// Best bid and ask of each instrument after the last stretch; None where a side is empty.
    pub fn bests(&self) -> impl Iterator<Item = [Option<i32>; 2]> + '_ {
        let best = |book: &Book, side| book.best(side).map(|level| level.tick);
        self.lines.iter().map(move |line| Side::BOTH.map(|side| best(&line.market.tape.book, side)))
    }

    /// Slots each instrument has needed so far.
    pub fn most_live(&self) -> impl Iterator<Item = u32> + '_ {
        self.lines.iter().map(|line| line.market.tape.slots.most())
    }

    /// Everything, between two stretches: `restore` of it goes on with the same events.
    pub fn save(&self) -> Vec<u8> {
        let (mut out, mut book) = (vec![u8::from(self.begun)], Vec::new());
        for line in &self.lines {
            let stream = &line.market.tape;
            out.extend_from_slice(&line.at.to_le_bytes());
            out.extend_from_slice(&line.market.anchor.to_le_bytes());
            out.extend_from_slice(&line.flow.drawn().to_le_bytes());
            let slots: Vec<u8> = stream.slots.words().flat_map(u32::to_le_bytes).collect();
            checkpoint::saved(&Books::Orders(vec![stream.book.clone()]), &mut book);
            for part in [&slots, &book] {
                out.extend_from_slice(&(part.len() as u64).to_le_bytes());
                out.extend_from_slice(part);
            }
        }
        out
    }

    /// Inverse of `save`, on flows of the same settings; as it was where it fails.
    ///
    /// # Errors
    /// Bytes that `save` does not write.
    pub fn restore(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        let bad = || Error::data(Place::File, "flow", "a state as it is saved", "other bytes");
        let begun = match take::<1>(&mut bytes).ok_or_else(bad)? {
            [mark @ (0 | 1)] => mark == 1,
            _ => return Err(bad()),
        };
        let mut found = Vec::new();
        for _ in &self.lines {
            let at = i64::from_le_bytes(take(&mut bytes).ok_or_else(bad)?);
            let anchor = i32::from_le_bytes(take(&mut bytes).ok_or_else(bad)?);
            let drawn = u64::from_le_bytes(take(&mut bytes).ok_or_else(bad)?);
            let words = part(&mut bytes).ok_or_else(bad)?;
            let words: Vec<u32> = words.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
            let slots = Slots::of_words(&words).ok_or_else(bad)?;
            let mut books = Books::Orders(vec![Book::with_slots(slots.most())]);
            checkpoint::restored(part(&mut bytes).ok_or_else(bad)?, &mut books, 0)?;
            let Books::Orders(mut books) = books else { return Err(bad()) };
            found.push((at, anchor, drawn, slots, books.pop().ok_or_else(bad)?));
        }
        if !bytes.is_empty() {
            return Err(bad());
        }
        self.begun = begun;
        for (line, (at, anchor, drawn, slots, book)) in self.lines.iter_mut().zip(found) {
            line.at = at;
            line.flow.resume(drawn);
            let instr = line.market.tape.instr;
            line.market = Market { anchor, tape: Stream { book, slots, ..Stream::new(instr) } };
        }
        Ok(())
    }
}

impl Line {
    fn run(&mut self, until: i64, messages: &mut Vec<Msg>) -> Result<(), Error> {
        loop {
            messages.clear();
            let (drawn, anchor) = (self.flow.drawn(), self.market.anchor);
            let view = BookView::new(&self.market.tape.book, anchor);
            let wait = self.flow.next(Nanos(self.at), &view, messages);
            let ts = self.at.saturating_add(wait.0);
            if ts >= until {
                // The next stretch draws it again, on the same book.
                self.flow.resume(drawn);
                return Ok(());
            }
            self.at = ts;
            for message in messages.iter() {
                self.market.apply(*message, Stamp::at(ts))?;
            }
            self.market.tape.end_group();
        }
    }
}

/// One instrument: its book, and the events since they were last taken.
#[derive(Clone, Debug)]
struct Stream {
    book: Book,
    slots: Slots,
    instr: u16,
    events: Vec<Event>,
}

impl Stream {
    fn new(instr: u16) -> Self {
        Self { book: Book::with_slots(0), slots: Slots::default(), instr, events: Vec::new() }
    }

    fn emit(&mut self, stamp: Stamp, event: Event) {
        let (ts_exch, instr, flags) = (stamp.ts, self.instr, event.flags | stamp.flags);
        self.events.push(Event { ts_exch, recv: RECV_UNKNOWN, instr, flags, ..event });
    }
}

impl Tape for Stream {
    fn book(&mut self) -> Result<&Book, Error> {
        Ok(&self.book)
    }

    fn plain(&mut self, stamp: Stamp, kind: Kind) -> Result<(), Error> {
        self.emit(stamp, Event { slot: NO_SLOT, kind: kind as u8, ..Event::default() });
        Ok(())
    }

    fn add(&mut self, stamp: Stamp, side: Side, tick: i32, qty: u32) -> Result<(), Error> {
        let slot = self.slots.take();
        self.book.admit((slot + 1).next_power_of_two().max(64));
        let added = self.book.add(slot, u64::from(slot), side, tick, qty);
        added.map_err(|fault| Error::config("flow", "orders the book takes", fault))?;
        let flags = side_flags(side);
        self.emit(stamp, Event { slot, tick, qty, kind: Kind::Add as u8, flags, ..Event::default() });
        Ok(())
    }

    fn take(&mut self, stamp: Stamp, slot: u32, lots: u32, kind: Kind) -> Result<Option<(i32, u32)>, Error> {
        let found = self.book.order(slot).map(|order| order.qty).zip(self.book.level_of(slot));
        let Some((open, level)) = found else { return Ok(None) };
        let (side, tick, off) = (level.side, level.tick, lots.min(open));
        let kind = match kind {
            Kind::Exec => Kind::Exec,
            _ if off == open => Kind::Delete,
            _ => Kind::Reduce,
        };
        let taken = self.book.reduce(slot, off);
        taken.map_err(|fault| Error::config("flow", "orders the book has", fault))?;
        if off == open {
            self.slots.put(slot);
        }
        let flags = side_flags(side);
        self.emit(stamp, Event { slot, tick, qty: off, kind: kind as u8, flags, ..Event::default() });
        Ok(Some((tick, off)))
    }

    fn end_group(&mut self) {
        if let Some(last) = self.events.last_mut() {
            last.flags |= flag::LAST;
        }
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u64::from_le_bytes(take(bytes)?)).ok()?;
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}
