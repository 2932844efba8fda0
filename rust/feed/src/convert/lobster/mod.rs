//! LOBSTER: a message file and an orderbook file of equal length, without header.
//!
//! The opening book stands in no message: it is row 0 with message 0 undone, one nameless order a level, and orders
//! that were never added are taken from the nameless ones. A file of L levels does not show what happens below them:
//! a level that enters the window is set to what the row shows. Everything else a row shows must follow from its
//! message, or it is a fault.

mod row;

use quantrl_lob::{Level, Side};
use serde_json::json;

use crate::convert::inflate::unpacked;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::convert::rows::Lines;
use crate::convert::zip::{members, only};
use crate::convert::{Day, Options, Report, Source};
use crate::decimal::Decimal;
use crate::error::{Error, Place};
use crate::event::{Kind, flag};
use crate::file::Target;
use crate::{Instrument, Rational};
use row::{Message, Shown, better};

/// What the files do not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Lobster {
    /// Trading day in New York.
    pub day: Day,
    /// Symbol.
    pub symbol: String,
    /// Ticks of 1e-4 USD between prices.
    pub step: u32,
    /// Common options.
    pub common: Options,
}

impl Lobster {
    /// Day and symbol from a name such as `AMZN_2012-06-21_34200000_57600000_message_5.csv`.
    ///
    /// # Errors
    /// A name of another form.
    pub fn of_name(name: &str, common: Options) -> Result<Self, Error> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let mut parts = base.split('_').skip_while(|part| Day::parse(part).is_err());
        let day = parts.next().and_then(|part| Day::parse(part).ok());
        let symbol = day.and_then(|day| base.split(&format!("_{day}")).next());
        match (day, symbol.and_then(|text| text.rsplit('_').next()).filter(|s| !s.is_empty())) {
            (Some(day), Some(symbol)) => Ok(Self { day, symbol: symbol.to_owned(), step: 100, common }),
            _ => Err(Error::config("name", "SYMBOL_YYYY-MM-DD_...", name)),
        }
    }
}

/// Trading phase of a type 7 message, by its price: halted, quoting, trading.
fn phase_of(price: i64) -> u32 {
    match price {
        -1 => 1,
        0 => 2,
        _ => 3,
    }
}

/// Convert a pair of files.
///
/// # Errors
/// A malformed row, files of different length, or too many faults; nothing is written then.
pub fn convert(
    message: Source<'_>,
    orderbook: Source<'_>,
    target: Target<'_>,
    options: &Lobster,
) -> Result<Report, Error> {
    let limits = &options.common.limits;
    let messages = unpacked(message.bytes, limits).map_err(|e| e.in_file(message.name))?;
    let rows = unpacked(orderbook.bytes, limits).map_err(|e| e.in_file(orderbook.name))?;
    let mut messages = Lines::new(&messages, limits.max_line);
    let mut rows = Lines::new(&rows, limits.max_line);
    let mut window = Window::new(target, options)?;
    loop {
        let (line, shown) = match (messages.next(), rows.next()) {
            (None, None) => break,
            (Some(line), Some(shown)) => (line, shown),
            (line, _) => {
                let (longer, row) = if line.is_some() {
                    (message.name, messages.row())
                } else {
                    (orderbook.name, rows.row())
                };
                let place = Place::Row(row - 1);
                return Err(Error::data(place, "length", "as many rows as the other file", "one more")
                    .in_file(longer));
            }
        };
        let (row, line) = line.map_err(|e| e.in_file(message.name))?;
        let (_, shown) = shown.map_err(|e| e.in_file(orderbook.name))?;
        let happened = Message::parse(line, row).map_err(|e| e.in_file(message.name))?;
        window.parse(shown, row).map_err(|e| e.in_file(orderbook.name))?;
        window.step(&happened, row).map_err(|e| e.in_file(message.name))?;
    }
    let provenance = json!({
        "format": "lobster",
        "sources": [message.provenance(), orderbook.provenance()],
        "day": options.day.to_string(),
        "levels": window.now.room,
    });
    window.recorder.finish(&provenance).map_err(|e| e.in_file(message.name))
}

/// Convert the pair inside a zip archive, as LOBSTER delivers them.
///
/// # Errors
/// As `convert`, or an archive without exactly one pair.
pub fn convert_zip(archive: Source<'_>, target: Target<'_>, options: &Lobster) -> Result<Report, Error> {
    let limits = &options.common.limits;
    let named = |error: Error| error.in_file(archive.name);
    let all = members(archive.bytes).map_err(named)?;
    let message = only(&all, "message file", |name| name.contains("_message_")).map_err(named)?;
    let rows = only(&all, "orderbook file", |name| name.contains("_orderbook_")).map_err(named)?;
    let (text, shown) = (message.content(limits).map_err(named)?, rows.content(limits).map_err(named)?);
    convert(
        Source { name: &message.name, bytes: &text },
        Source { name: &rows.name, bytes: &shown },
        target,
        options,
    )
}

/// The window of levels that the orderbook file shows, before and after a message.
struct Window {
    recorder: Recorder,
    instr: u16,
    midnight: i64,
    before: Shown,
    now: Shown,
    hits: Vec<u32>,
}

impl Window {
    fn new(target: Target<'_>, options: &Lobster) -> Result<Self, Error> {
        let mut recorder = Recorder::new(target, 3, &options.common)?;
        let tick = Decimal { digits: 1, scale: 4 };
        let instr = recorder.instrument(Instrument {
            step: options.step.max(1),
            multiplier: Rational::ONE,
            ..Instrument::new(&options.symbol, tick, Decimal::ONE)
        })?;
        Ok(Self {
            recorder,
            instr,
            midnight: options.day.midnight_new_york(),
            before: Shown::default(),
            now: Shown::default(),
            hits: Vec::new(),
        })
    }

    fn parse(&mut self, line: &[u8], row: u64) -> Result<(), Error> {
        std::mem::swap(&mut self.before, &mut self.now);
        if row == 0 {
            self.now.room = Shown::room_of(line, row)?;
        }
        self.now.room = self.now.room.max(self.before.room);
        self.now.parse(line, row)
    }

    fn step(&mut self, message: &Message, row: u64) -> Result<(), Error> {
        self.recorder.at_row(row);
        let stamp = Stamp::at(self.midnight + message.time);
        if row == 0 {
            self.open(message, stamp)?;
        }
        self.apply(message, stamp)?;
        if matches!(message.kind, 1..=4) || row == 0 || self.now.sides != self.before.sides {
            for side in Side::BOTH {
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
            for (tick, lots) in levels {
                self.put(side, tick, lots, stamp)?;
            }
        }
        self.recorder.plain(stamp, Kind::SnapEnd, self.instr, 0, 0, 0)?;
        self.recorder.end_group(self.instr);
        Ok(())
    }

    /// Nameless lots at the tail of a level.
    fn put(&mut self, side: Side, tick: i64, mut lots: u64, stamp: Stamp) -> Result<(), Error> {
        let tick = self.recorder.relative(self.instr, tick)?;
        while lots > 0 {
            let part = u32::try_from(lots).unwrap_or(u32::MAX);
            self.recorder.add(stamp, self.instr, 0, side, tick, part)?;
            lots -= u64::from(part);
        }
        Ok(())
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
            5 => self.recorder.plain(
                stamp.with(flag::HIDDEN),
                Kind::Print,
                self.instr,
                side_flags(side),
                tick,
                lots,
            ),
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
            let Some(order) = self.recorder.live_in(self.instr, self.hits[i]).filter(|_| lots > 0) else {
                break;
            };
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

    /// Price and lots of the book's nth level.
    fn nth(&mut self, side: Side, n: usize) -> Result<Option<(i64, u64)>, Error> {
        let base = self.recorder.base(self.instr);
        let book = self.recorder.book(self.instr)?;
        let level: Option<&Level> = book.depth(side).nth(n);
        Ok(level.map(|level| (base + i64::from(level.tick), level.qty)))
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
        let relative = self.recorder.relative(self.instr, tick)?;
        self.take_nameless(stamp, side, relative, have - want, Kind::Delete).map(|_| ())
    }
}
