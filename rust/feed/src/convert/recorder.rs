//! What all converters write through: one event after another, with books beside it that judge them.

use std::hash::{BuildHasher, RandomState};

use quantrl_lob::{Book, IdIndex, SeededHash, Side};
use serde_json::Value;

use crate::Instrument;
use crate::books::Books;
use crate::checkpoint;
use crate::convert::slots::Slots;
use crate::convert::{Options, Report};
use crate::error::{Error, Place};
use crate::event::{Event, Kind, NO_SLOT, flag};
use crate::file::{Target, UNKNOWN, Writer};
use crate::progress::Told;
use crate::quality::Quality;
use crate::spans::Spans;

/// When something happened, and flags for all its events.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Exchange time, nanoseconds UTC.
    pub ts: i64,
    /// Receive minus exchange time, ns; `UNKNOWN`.
    pub latency: i64,
    /// Flags beside side and group.
    pub flags: u8,
}

impl Stamp {
    /// Without a receive time.
    pub fn at(ts: i64) -> Self {
        Self { ts, latency: UNKNOWN, flags: 0 }
    }

    /// With more flags.
    pub fn with(self, flags: u8) -> Self {
        Self { flags: self.flags | flags, ..self }
    }
}

/// Flags of a side.
#[inline]
pub fn side_flags(side: Side) -> u8 {
    flag::SIDE_KNOWN | if side == Side::Sell { flag::SELL } else { 0 }
}

/// Prices within this many ticks of 0 are stored as they are, others relative to an instrument's first.
const NEAR: u64 = 1 << 30;

/// A file being written.
#[derive(Debug)]
pub struct Recorder {
    /// Counts so far.
    pub quality: Quality,
    pub(super) books: Books,
    pub(super) slots: Vec<Slots>,
    /// Of each instrument, slots of its live orders that have an id.
    pub(super) ids: Vec<SeededHash>,
    writer: Writer,
    instruments: Vec<Instrument>,
    priced: Vec<bool>,
    spans: Spans,
    row: u64,
    told: Told,
    strict: bool,
    max_fault_share: f64,
    scratch: Vec<u8>,
}

impl Recorder {
    /// A file of `level` that will be named `target`.
    pub fn new(target: Target<'_>, level: u8, options: &Options) -> Result<Self, Error> {
        Ok(Self {
            quality: Quality::default(),
            books: Books::new(level, &[]),
            slots: Vec::new(),
            ids: Vec::new(),
            writer: Writer::create(target, options.writer(level)?)?,
            instruments: Vec::new(),
            priced: Vec::new(),
            spans: Spans::default(),
            row: 0,
            told: Told::new(),
            strict: options.strict,
            max_fault_share: options.max_fault_share,
            scratch: Vec::new(),
        })
    }

    /// Add an instrument; its number.
    pub fn instrument(&mut self, instrument: Instrument) -> Result<u16, Error> {
        let Ok(number) = u16::try_from(self.instruments.len()) else {
            return Err(Error::limit(self.place(), "instruments", 1 << 16));
        };
        if instrument.to_bytes().is_err() {
            let expected = "1 to 64 bytes of printable text";
            return Err(Error::data(self.place(), "symbol", expected, &instrument.symbol));
        }
        self.instruments.push(instrument);
        self.priced.push(false);
        self.slots.push(Slots::default());
        // Ids are the sender's choice; the table's seed is not.
        self.ids.push(SeededHash::seeded(RandomState::new().hash_one(number)));
        match &mut self.books {
            Books::Orders(books) => books.push(Book::with_slots(0)),
            Books::Levels(books) | Books::Best(books) => books.push(quantrl_lob::L2Book::default()),
        }
        Ok(number)
    }

    /// The row that comes next, for messages and the count.
    ///
    /// # Errors
    /// The conversion was told to stop.
    #[inline]
    pub fn at_row(&mut self, row: u64) -> Result<(), Error> {
        self.quality.rows += 1;
        self.back_at(row)
    }

    /// The row an event comes from, where it was counted before.
    ///
    /// # Errors
    /// The conversion was told to stop.
    #[inline]
    pub fn back_at(&mut self, row: u64) -> Result<(), Error> {
        self.row = row;
        self.told.step()
    }

    /// Where an error is.
    pub fn place(&self) -> Place {
        Place::Row(self.row)
    }

    /// Count a fault; under `strict` it is an error.
    #[cold]
    pub fn fault(
        &mut self,
        count: fn(&mut Quality) -> &mut u64,
        field: &'static str,
        expected: &'static str,
        got: impl std::fmt::Display,
    ) -> Result<(), Error> {
        *count(&mut self.quality) += 1;
        if self.strict { Err(Error::data(self.place(), field, expected, got)) } else { Ok(()) }
    }

    /// A tick relative to the instrument's base, which the first price sets.
    #[inline]
    pub fn relative(&mut self, instr: u16, tick: i64) -> Result<i32, Error> {
        let at = usize::from(instr);
        if !self.priced[at] {
            self.priced[at] = true;
            self.instruments[at].base_tick = if tick.unsigned_abs() < NEAR { 0 } else { tick };
        }
        tick.checked_sub(self.instruments[at].base_tick)
            .and_then(|relative| i32::try_from(relative).ok())
            .ok_or_else(|| {
                Error::data(self.place(), "price", "within 2^31 ticks of the instrument's first", tick)
            })
    }

    /// Tick that stored ticks of the instrument are relative to.
    pub fn base(&self, instr: u16) -> i64 {
        self.instruments[usize::from(instr)].base_tick
    }

    /// Best tick and lots of a side.
    pub fn best(&self, instr: u16, side: Side) -> Option<(i32, u64)> {
        self.books.best(usize::from(instr), side)
    }

    /// Exchange time of the last event.
    pub fn last_ts(&self) -> i64 {
        self.writer.last_ts()
    }

    /// Write an event whose effect the books already show. A time that goes back is a fault and set to the last.
    #[inline]
    pub(super) fn emit(&mut self, stamp: Stamp, event: Event, id: u64) -> Result<(), Error> {
        let Stamp { mut ts, mut latency, flags } = stamp;
        if latency != UNKNOWN && latency < 0 {
            self.quality.negative_latency += 1;
        }
        if self.writer.events() > 0 && ts < self.writer.last_ts() {
            let last = self.writer.last_ts();
            self.fault(|q| &mut q.clock_back, "time", "not before the last", ts)?;
            if latency != UNKNOWN {
                latency = latency.saturating_sub(last.saturating_sub(ts));
            }
            ts = last;
        }
        self.writer.push(&Event { ts_exch: ts, flags: event.flags | flags, ..event }, latency, id)?;
        if self.writer.checkpoint_due() {
            checkpoint::saved(&self.books, &mut self.scratch);
            self.writer.checkpoint(&self.scratch)?;
        }
        Ok(())
    }

    /// An event that names no resting order.
    #[inline]
    pub fn plain(
        &mut self,
        stamp: Stamp,
        kind: Kind,
        instr: u16,
        flags: u8,
        tick: i32,
        lots: u64,
    ) -> Result<(), Error> {
        let event = Event {
            slot: NO_SLOT,
            kind: kind as u8,
            flags,
            instr,
            tick,
            qty: lots as u32,
            aux: (lots >> 32) as u32,
            ..Event::default()
        };
        if kind == Kind::Clear || kind == Kind::SnapBegin {
            self.forget(instr);
        }
        if !matches!(self.books, Books::Orders(_)) {
            // Level sums take every event: only the slots of orders can be refused.
            let _ = self.books.apply(&event);
        }
        self.emit(stamp, event, 0)
    }

    /// Trading phase.
    pub fn status(&mut self, stamp: Stamp, instr: u16, phase: u32) -> Result<(), Error> {
        let event = Event { slot: NO_SLOT, kind: Kind::Status as u8, instr, aux: phase, ..Event::default() };
        self.emit(stamp, event, 0)
    }

    /// All orders of an instrument leave.
    fn forget(&mut self, instr: u16) {
        if let Books::Orders(books) = &mut self.books {
            let book = &mut books[usize::from(instr)];
            self.ids[usize::from(instr)].clear();
            book.clear();
            self.slots[usize::from(instr)].clear();
        }
    }

    /// The events since the last call were one group of the venue.
    #[inline]
    pub fn end_group(&mut self, instr: u16) {
        self.writer.end_group();
        self.spans.judge(&self.books, usize::from(instr), self.writer.last_ts(), &mut self.quality);
    }

    /// Judge the faults, write the rest and name the file.
    pub fn finish(mut self, provenance: &Value) -> Result<Report, Error> {
        self.spans.close(self.writer.last_ts(), &mut self.quality);
        self.quality.purged_levels = self.books.purged();
        self.quality.events = self.writer.events();
        self.quality.check(self.max_fault_share)?;
        for (instrument, slots) in self.instruments.iter_mut().zip(&self.slots) {
            instrument.max_live = slots.most();
        }
        let (header, bytes) = self.writer.finish(&self.instruments, &self.quality.to_json(), provenance)?;
        Ok(Report { header, quality: self.quality, bytes })
    }
}
