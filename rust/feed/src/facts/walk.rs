use quantrl_lob::Side;

use crate::books::side_of;
use crate::error::Error;
use crate::event::{Event, Kind, flag};
use crate::file::EventFile;
use crate::progress::Told;
use crate::replay::Replay;

/// A touch with both sides: the sum of its ticks is twice the mid.
#[derive(Clone, Copy, Debug)]
struct Both {
    double_mid: i64,
    spread: i64,
    lots: u64,
}

/// One pass over a file.
#[derive(Debug)]
pub struct Walk<'a> {
    replay: Replay<&'a EventFile>,
    instr: u16,
    interval_ns: i64,
    told: Told,
    touch: Option<Both>,
    since: i64,
    next: Option<i64>,
    mids: Vec<Option<i64>>,
    signed: bool,
    /// +1 for each trade whose taker buys, -1 where it sells.
    pub signs: Vec<i8>,
    /// Orders that came to rest.
    pub adds: u64,
    /// Orders that left without a trade.
    pub cancels: u64,
    /// Groups with an execution or trade.
    pub trades: u64,
    /// Nanoseconds with both sides.
    pub both_ns: f64,
    /// Of these, the spread in ticks times nanoseconds.
    pub spread: f64,
    /// Nanoseconds with a spread of one tick.
    pub one_tick: f64,
    /// Mean lots of the two sides times nanoseconds.
    pub lots: f64,
}

impl<'a> Walk<'a> {
    /// Before the first event.
    pub fn new(file: &'a EventFile, instr: u16, interval_ns: i64) -> Self {
        Self {
            replay: Replay::new(file),
            instr,
            interval_ns,
            told: Told::new(),
            touch: None,
            since: file.header().first_ts,
            next: Some(file.header().first_ts),
            mids: Vec::new(),
            signed: false,
            signs: Vec::new(),
            adds: 0,
            cancels: 0,
            trades: 0,
            both_ns: 0.0,
            spread: 0.0,
            one_tick: 0.0,
            lots: 0.0,
        }
    }

    /// To the end of the file.
    pub fn run(&mut self) -> Result<(), Error> {
        let last = self.replay.file().header().last_ts;
        while let Some(event) = self.replay.step()? {
            self.told.step()?;
            if event.instr == self.instr {
                self.count(&event);
                if event.has(flag::LAST) {
                    self.pass(event.ts_exch, event.ts_exch);
                    self.touch = self.both();
                    self.signed = false;
                }
            }
        }
        self.pass(last, last.saturating_add(1));
        Ok(())
    }

    fn count(&mut self, event: &Event) {
        let sell = match Kind::of(event.kind) {
            Some(Kind::Add) => return self.adds += 1,
            Some(Kind::Delete) => return self.cancels += 1,
            // The side of an execution is the resting order's.
            Some(Kind::Exec) => side_of(event.flags) == Side::Buy,
            Some(Kind::Trade) => side_of(event.flags) == Side::Sell,
            _ => return,
        };
        if !std::mem::replace(&mut self.signed, true) {
            self.trades += 1;
            if event.has(flag::SIDE_KNOWN) {
                self.signs.push(if sell { -1 } else { 1 });
            }
        }
    }

    /// Time goes on to `ts` with the touch as it is, which is the one seen at every look before `until`.
    fn pass(&mut self, ts: i64, until: i64) {
        while let Some(next) = self.next.filter(|&next| next < until) {
            self.mids.push(self.touch.map(|both| both.double_mid));
            self.next = next.checked_add(self.interval_ns);
        }
        let ns = ts.saturating_sub(self.since) as f64;
        self.since = ts;
        if let Some(Both { spread, lots, .. }) = self.touch {
            self.both_ns += ns;
            self.spread += spread as f64 * ns;
            self.one_tick += if spread == 1 { ns } else { 0.0 };
            self.lots += lots as f64 / 2.0 * ns;
        }
    }

    fn both(&self) -> Option<Both> {
        let best = |side| self.replay.books().best(usize::from(self.instr), side);
        let ((bid, bid_lots), (ask, ask_lots)) = (best(Side::Buy)?, best(Side::Sell)?);
        let (bid, ask) = (i64::from(bid), i64::from(ask));
        Some(Both { double_mid: bid + ask, spread: ask - bid, lots: bid_lots.saturating_add(ask_lots) })
    }

    /// Changes of the mid from one look to the next, in ticks; None where a side was empty at either.
    pub fn changes(&self) -> Vec<Option<f64>> {
        let change = |pair: &[Option<i64>]| Some((pair[1]? - pair[0]?) as f64 / 2.0);
        self.mids.windows(2).map(change).collect()
    }
}
