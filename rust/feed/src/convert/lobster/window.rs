use quantrl_lob::Side;
use serde_json::Value;

use super::Lobster;
use super::row::{Message, Shown, better};
use crate::Instrument;
use crate::convert::Report;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::convert::rows::Reader;
use crate::decimal::Decimal;
use crate::error::Error;
use crate::event::{Kind, flag};
use crate::file::Target;

/// Trading phase of a type 7 message, by its price: halted, quoting, trading.
fn phase_of(price: i64) -> u32 {
    match price {
        -1 => 1,
        0 => 2,
        _ => 3,
    }
}

/// The window of levels that the orderbook file shows, before and after a message.
pub struct Window {
    recorder: Recorder,
    instr: u16,
    midnight: i64,
    before: Shown,
    now: Shown,
    hits: Vec<u32>,
    /// Duplicate ids seen: an order that one evicts may stand on the other side.
    evicted: u64,
}

impl Window {
    /// Before the first row.
    pub fn new(target: Target<'_>, options: &Lobster) -> Result<Self, Error> {
        let mut recorder = Recorder::new(target, 3, &options.common)?;
        let tick = Decimal { digits: 1, scale: 4 };
        let instr = recorder.instrument(Instrument {
            step: options.step.max(1),
            ..Instrument::new(&options.symbol, tick, Decimal::ONE)
        })?;
        Ok(Self {
            recorder,
            instr,
            midnight: options.day.midnight_new_york(),
            before: Shown::default(),
            now: Shown::default(),
            hits: Vec::new(),
            evicted: 0,
        })
    }

    /// Read what a row of the usual form shows; None for others, and for the first, which say how many levels.
    #[inline]
    pub fn read(&mut self, text: &mut Reader<'_>) -> Option<()> {
        self.before.room = self.now.room;
        self.before.read(text)?;
        std::mem::swap(&mut self.before, &mut self.now);
        Some(())
    }

    /// Read what a row shows.
    pub fn parse(&mut self, line: &[u8], row: u64) -> Result<(), Error> {
        std::mem::swap(&mut self.before, &mut self.now);
        if row == 0 {
            self.now.room = Shown::room_of(line, row)?;
        }
        self.now.room = self.now.room.max(self.before.room);
        self.now.parse(line, row)
    }

    /// Levels a row has room for.
    pub fn room(&self) -> usize {
        self.now.room
    }

    /// Write the rest and name the file.
    pub fn finish(self, provenance: &Value) -> Result<Report, Error> {
        self.recorder.finish(provenance)
    }

    /// Apply a message and bring the book to what the row read last shows.
    pub fn step(&mut self, message: &Message, row: u64) -> Result<(), Error> {
        self.recorder.at_row(row)?;
        let stamp = Stamp::at(self.midnight + message.time);
        if row == 0 {
            self.open(message, stamp)?;
        }
        self.apply(message, stamp)?;
        let evicted = std::mem::replace(&mut self.evicted, self.recorder.quality.duplicate_id);
        let all = row == 0 || evicted != self.evicted;
        for side in Side::BOTH {
            // A side that shows what it did, and that no message touched, is what it was found to be.
            let touched = matches!(message.kind, 1..=4) && message.side == side;
            if all || touched || self.now.sides[side as usize] != self.before.sides[side as usize] {
                self.reconcile(side, stamp, row > 0)?;
            }
        }
        self.recorder.end_group(self.instr);
        Ok(())
    }

    /// The book before message 0.
    fn open(&mut self, message: &Message, stamp: Stamp) -> Result<(), Error> {
        let stamp = stamp.with(flag::SNAPSHOT | flag::SYNTHETIC);
        self.recorder.plain(stamp, Kind::SnapBegin, self.instr, 0, 0, 0)?;
        for side in Side::BOTH {
            let mut levels = self.now.sides[side as usize].clone();
            if side == message.side {
                let at = levels.iter().position(|&(tick, _)| tick == message.price);
                match (message.kind, at) {
                    (1, Some(at)) => levels[at].1 = levels[at].1.saturating_sub(u64::from(message.size)),
                    (2..=4, Some(at)) => levels[at].1 += u64::from(message.size),
                    (2..=4, None) => levels.push((message.price, u64::from(message.size))),
                    _ => {}
                }
            }
            for (tick, lots) in levels.into_iter().filter(|&(_, lots)| lots > 0) {
                self.put(side, tick, lots, stamp)?;
            }
        }
        self.recorder.plain(stamp, Kind::SnapEnd, self.instr, 0, 0, 0)?;
        self.recorder.end_group(self.instr);
        Ok(())
    }

    /// Nameless lots at the tail of a level.
    fn put(&mut self, side: Side, tick: i64, lots: u64, stamp: Stamp) -> Result<(), Error> {
        let tick = self.recorder.relative(self.instr, tick)?;
        let Ok(qty) = u32::try_from(lots) else {
            return Err(Error::data(self.recorder.place(), "level size", "below 2^32", lots));
        };
        self.recorder.add(stamp, self.instr, 0, side, tick, qty)
    }

    fn apply(&mut self, message: &Message, stamp: Stamp) -> Result<(), Error> {
        let Message { kind, id, size, price, side, .. } = *message;
        if kind == 7 {
            return self.recorder.status(stamp, self.instr, phase_of(price));
        }
        if size == 0 || price <= 0 {
            return self.recorder.fault(|q| &mut q.zero, "size and price", "above 0", size);
        }
        let tick = self.recorder.relative(self.instr, price)?;
        let lots = u64::from(size);
        match kind {
            1 => self.recorder.add(stamp, self.instr, id, side, tick, size),
            2 => self.take(stamp, id, side, tick, lots, Kind::Reduce),
            3 => self.take(stamp, id, side, tick, lots, Kind::Delete),
            4 => self.take(stamp, id, side, tick, lots, Kind::Exec),
            5 => {
                let stamp = stamp.with(flag::HIDDEN);
                self.recorder.plain(stamp, Kind::Print, self.instr, side_flags(side), tick, lots)
            }
            _ => self.recorder.plain(stamp, Kind::Cross, self.instr, 0, tick, lots),
        }
    }

    /// `lots` leave the level: from the order named, else from the nameless ones, else from the others.
    fn take(
        &mut self,
        stamp: Stamp,
        id: u64,
        side: Side,
        tick: i32,
        mut lots: u64,
        kind: Kind,
    ) -> Result<(), Error> {
        let named = self
            .recorder
            .live(self.instr, id)
            .filter(|order| id != 0 && (order.side, order.tick) == (side, tick));
        if let Some(order) = named {
            let off = order.qty.min(u32::try_from(lots).unwrap_or(u32::MAX));
            self.recorder.take_off(stamp, order, off, kind, None)?;
            lots -= u64::from(off);
        } else {
            self.recorder.quality.opening_id += 1;
        }
        let left = self.take_nameless(stamp, side, tick, lots, kind)?;
        if left > 0 {
            self.recorder.fault(|q| &mut q.over_fill, "size", "at most what the level has", lots)?;
        }
        Ok(())
    }

    /// `lots` leave a level. Nameless orders go first; then fills take the head, cancels the tail. Lots not found.
    fn take_nameless(
        &mut self,
        stamp: Stamp,
        side: Side,
        tick: i32,
        mut lots: u64,
        kind: Kind,
    ) -> Result<u64, Error> {
        if lots == 0 {
            return Ok(0);
        }
        let book = self.recorder.book(self.instr)?;
        self.hits.clear();
        if let Some(level) = book.level(side, tick) {
            self.hits.extend(book.queue(level).filter(|(_, order)| order.id == 0).map(|(slot, _)| slot));
            let named = self.hits.len();
            self.hits.extend(book.queue(level).filter(|(_, order)| order.id != 0).map(|(slot, _)| slot));
            if kind != Kind::Exec {
                self.hits[named..].reverse();
            }
        }
        for i in 0..self.hits.len() {
            let order = self.recorder.live_in(self.instr, self.hits[i]).filter(|_| lots > 0);
            let Some(order) = order else { break };
            let off = order.qty.min(u32::try_from(lots).unwrap_or(u32::MAX));
            self.recorder.take_off(stamp, order, off, kind, None)?;
            lots -= u64::from(off);
        }
        Ok(lots)
    }

    /// Bring the book's side to what the row shows. Only prices beyond the last row's edge may differ.
    fn reconcile(&mut self, side: Side, stamp: Stamp, judged: bool) -> Result<(), Error> {
        let edge = self.before.edge(side).filter(|_| judged);
        let hidden = |tick: i64| !judged || edge.is_some_and(|edge| better(side, edge, tick));
        let stamp = stamp.with(flag::SYNTHETIC);
        let shown = std::mem::take(&mut self.now.sides[side as usize]);
        if judged && let Some(&(worst, _)) = shown.last() {
            self.recorder.quality.adopted_levels += u64::from(hidden(worst));
        }
        if self.shows(side, &shown)? {
            self.now.sides[side as usize] = shown;
            return Ok(());
        }
        let all = self.now.room > shown.len();
        let mut done = 0;
        let result = loop {
            let want = shown.get(done).copied();
            let have = match self.nth(side, done) {
                Ok(have) => have,
                Err(error) => break Err(error),
            };
            let step = match (want, have) {
                (None, None) => break Ok(()),
                // Deeper levels of a full window are out of sight.
                (None, Some(_)) if !all => break Ok(()),
                (None, Some((tick, lots))) => self.correct(side, tick, lots, 0, hidden(tick), stamp),
                (Some((tick, lots)), Some((own, have))) if own == tick => {
                    done += 1;
                    self.correct(side, tick, have, lots, hidden(tick), stamp)
                }
                (Some((tick, _)), Some((own, have))) if better(side, own, tick) => {
                    self.correct(side, own, have, 0, hidden(own), stamp)
                }
                (Some((tick, lots)), _) => {
                    done += 1;
                    self.correct(side, tick, 0, lots, hidden(tick), stamp)
                }
            };
            if let Err(error) = step {
                break Err(error);
            }
        };
        self.now.sides[side as usize] = shown;
        result
    }

    /// Whether the book's side starts with these levels, and ends there if the row has room for more.
    fn shows(&mut self, side: Side, shown: &[(i64, u64)]) -> Result<bool, Error> {
        let (base, all) = (self.recorder.base(self.instr), self.now.room > shown.len());
        let mut levels = self.recorder.book(self.instr)?.depth(side);
        let equal = shown.iter().all(|&want| {
            levels.next().is_some_and(|level| (base + i64::from(level.tick), level.qty) == want)
        });
        Ok(equal && !(all && levels.next().is_some()))
    }

    /// Price and lots of the book's nth level.
    fn nth(&mut self, side: Side, n: usize) -> Result<Option<(i64, u64)>, Error> {
        let base = self.recorder.base(self.instr);
        let book = self.recorder.book(self.instr)?;
        Ok(book.depth(side).nth(n).map(|level| (base + i64::from(level.tick), level.qty)))
    }

    fn correct(
        &mut self,
        side: Side,
        tick: i64,
        have: u64,
        want: u64,
        allowed: bool,
        stamp: Stamp,
    ) -> Result<(), Error> {
        if have == want {
            return Ok(());
        }
        if !allowed {
            self.recorder.fault(
                |q| &mut q.mismatches,
                "orderbook row",
                "what row and message before it give",
                format_args!("{want} at {tick}, not {have}"),
            )?;
        }
        if want > have {
            return self.put(side, tick, want - have, stamp);
        }
        let tick = self.recorder.relative(self.instr, tick)?;
        self.take_nameless(stamp, side, tick, have - want, Kind::Delete).map(drop)
    }
}
