//! Nasdaq TotalView-ITCH 5.0, one day of the whole market or of chosen symbols.

mod message;

use quantrl_lob::Side;
use serde_json::json;

use crate::Instrument;
use crate::convert::inflate::unpacked;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::convert::{Day, Options, Report, Source};
use crate::decimal::Decimal;
use crate::error::{Error, printable};
use crate::event::{Kind, flag};
use crate::file::Target;
use message::{Item, Message, Messages};

/// What the file does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Itch {
    /// Trading day in New York.
    pub day: Day,
    /// Symbols to keep; empty for all.
    pub symbols: Vec<String>,
    /// Common options.
    pub common: Options,
}

/// Phase of a trading action: halted, quoting, trading, paused.
fn phase_of(state: u8) -> u32 {
    match state {
        b'H' => 1,
        b'Q' => 2,
        b'T' => 3,
        b'P' => 4,
        _ => 0,
    }
}

/// A locate code's instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    Unseen,
    Left,
    Kept(u16),
}

/// Convert one day.
///
/// # Errors
/// A message of the wrong length, a truncated file, or too many faults; nothing is written then.
pub fn convert(source: Source<'_>, target: Target<'_>, options: &Itch) -> Result<Report, Error> {
    let run = || {
        let bytes = unpacked(source.bytes, &options.common.limits)?;
        let mut session = Session::new(target, options)?;
        for item in Messages::new(&bytes) {
            let (row, item) = item?;
            session.recorder.at_row(row)?;
            match item {
                Item::Known(message) => session.take(message)?,
                Item::Unknown => session.recorder.quality.other_types += 1,
            }
        }
        session.recorder.finish(&json!({
            "format": "itch",
            "sources": [source.provenance()],
            "day": options.day.to_string(),
            "symbols": options.symbols,
        }))
    };
    run().map_err(|error| error.in_file(source.name))
}

struct Session<'a> {
    recorder: Recorder,
    options: &'a Itch,
    midnight: i64,
    stocks: Vec<Stock>,
}

impl<'a> Session<'a> {
    fn new(target: Target<'_>, options: &'a Itch) -> Result<Self, Error> {
        Ok(Self {
            recorder: Recorder::new(target, 3, &options.common)?,
            midnight: options.day.midnight_new_york(),
            options,
            stocks: Vec::new(),
        })
    }

    /// The instrument of a locate code, made from the symbol the first time.
    fn stock(&mut self, locate: u16, symbol: &[u8]) -> Result<Option<u16>, Error> {
        let at = usize::from(locate);
        if self.stocks.len() <= at {
            self.stocks.resize(at + 1, Stock::Unseen);
        }
        if self.stocks[at] == Stock::Unseen {
            let name = std::str::from_utf8(symbol).ok().filter(|s| s.bytes().all(|b| b.is_ascii_graphic()));
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                let place = self.recorder.place();
                return Err(Error::data(place, "stock", "a symbol", printable(symbol)));
            };
            let wanted = self.options.symbols.is_empty() || self.options.symbols.iter().any(|s| s == name);
            self.stocks[at] = if wanted {
                let tick = Decimal { digits: 1, scale: 4 };
                let row = Instrument { step: 100, ..Instrument::new(name, tick, Decimal::ONE) };
                Stock::Kept(self.recorder.instrument(row)?)
            } else {
                Stock::Left
            };
        }
        Ok(self.kept(locate))
    }

    fn kept(&self, locate: u16) -> Option<u16> {
        match self.stocks.get(usize::from(locate)) {
            Some(Stock::Kept(instr)) => Some(*instr),
            _ => None,
        }
    }

    fn take(&mut self, message: Message<'_>) -> Result<(), Error> {
        let stamp = Stamp::at(self.midnight + message.time());
        let locate = message.locate();
        match message.kind() {
            b'R' => self.stock(locate, message.symbol(11)).map(|_| ()),
            b'H' => match self.stock(locate, message.symbol(11))? {
                Some(instr) => {
                    self.recorder.status(stamp, instr, phase_of(message.letter(19)))?;
                    self.done(instr)
                }
                None => Ok(()),
            },
            b'A' | b'F' => self.add(message, stamp),
            b'E' | b'C' | b'X' | b'D' | b'U' => match self.kept(locate) {
                Some(instr) => self.order(message, stamp, instr),
                // Orders of a stock left out are no fault; those of a stock never named cannot be live.
                None if self.stocks.get(usize::from(locate)) == Some(&Stock::Left) => Ok(()),
                None => {
                    let expected = "a live order";
                    self.recorder.fault(|q| &mut q.unknown_id, "order reference", expected, message.long(11))
                }
            },
            b'P' => match self.stock(locate, message.symbol(24))? {
                Some(instr) => self.print(message, stamp, instr),
                None => Ok(()),
            },
            b'Q' => match self.stock(locate, message.symbol(19))? {
                Some(instr) => self.cross(message, stamp, instr),
                None => Ok(()),
            },
            b'B' => match self.kept(locate) {
                Some(instr) => {
                    self.recorder.plain(stamp, Kind::Break, instr, 0, 0, 0)?;
                    self.done(instr)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// A message of the venue is a group.
    fn done(&mut self, instr: u16) -> Result<(), Error> {
        self.recorder.end_group(instr);
        Ok(())
    }

    fn side(&self, message: Message<'_>, at: usize) -> Result<Side, Error> {
        message.side(at).ok_or_else(|| {
            let got = char::from(message.letter(at)).escape_default();
            Error::data(self.recorder.place(), "side", "B or S", got)
        })
    }

    fn add(&mut self, message: Message<'_>, stamp: Stamp) -> Result<(), Error> {
        let side = self.side(message, 19)?;
        let Some(instr) = self.stock(message.locate(), message.symbol(24))? else { return Ok(()) };
        let id = self.id(message.long(11))?;
        let Some(tick) = self.tick(instr, message.word(32))? else { return Ok(()) };
        self.recorder.add(stamp, instr, id, side, tick, message.word(20))?;
        self.done(instr)
    }

    /// Order reference 0 is never issued; here it would mean nameless.
    fn id(&self, id: u64) -> Result<u64, Error> {
        if id == 0 {
            Err(Error::data(self.recorder.place(), "order reference", "above 0", id))
        } else {
            Ok(id)
        }
    }

    fn tick(&mut self, instr: u16, price: u32) -> Result<Option<i32>, Error> {
        if price == 0 {
            self.recorder.fault(|q| &mut q.zero, "price", "above 0", 0)?;
            return Ok(None);
        }
        self.recorder.relative(instr, i64::from(price)).map(Some)
    }

    fn order(&mut self, message: Message<'_>, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let Some(order) = self.recorder.known(instr, message.long(11))? else { return Ok(()) };
        let shares = message.word(19);
        match message.kind() {
            b'E' => self.recorder.take_off(stamp, order, shares, Kind::Exec, None)?,
            b'C' => {
                let Some(price) = self.tick(instr, message.word(32))? else { return Ok(()) };
                // Printable N: the shares are counted in a later cross.
                let hidden = if message.letter(31) == b'N' { flag::HIDDEN } else { 0 };
                self.recorder.take_off(stamp.with(hidden), order, shares, Kind::Exec, Some(price))?;
            }
            b'X' => self.recorder.take_off(stamp, order, shares, Kind::Reduce, None)?,
            b'D' => self.recorder.take_off(stamp, order, order.qty, Kind::Delete, None)?,
            _ => {
                let new = self.id(message.long(19))?;
                let Some(tick) = self.tick(instr, message.word(31))? else { return Ok(()) };
                self.recorder.replace(stamp, order, new, tick, message.word(27))?;
            }
        }
        self.done(instr)
    }

    fn print(&mut self, message: Message<'_>, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let side = self.side(message, 19)?;
        let (price, lots) = (message.word(32), message.word(20));
        let Some(tick) = self.tick(instr, price)? else { return Ok(()) };
        let stamp = stamp.with(flag::HIDDEN);
        self.recorder.plain(stamp, Kind::Print, instr, side_flags(side), tick, u64::from(lots))?;
        self.done(instr)
    }

    fn cross(&mut self, message: Message<'_>, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let (lots, price) = (message.long(11), message.word(27));
        // A cross that did not happen has neither shares nor price.
        let tick = if price == 0 { 0 } else { self.recorder.relative(instr, i64::from(price))? };
        self.recorder.plain(stamp, Kind::Cross, instr, 0, tick, lots)?;
        self.done(instr)
    }
}
