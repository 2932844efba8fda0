use std::ops::Deref;

use quantrl_lob::Side;

use crate::error::Error;
use crate::event::flag;
use crate::file::EventFile;
use crate::replay::Replay;

/// Best bid and best ask, ticks above the instrument's base and lots, after a group of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Exchange time, ns UTC.
    pub ts: i64,
    /// Receive time of the group's last event, ns UTC; the exchange time where it is not known.
    pub received: i64,
    /// Best bid.
    pub bid: Option<(i32, u64)>,
    /// Best ask.
    pub ask: Option<(i32, u64)>,
}

/// Walks a file and keeps each state of an instrument's touch that differs from the one before it.
#[derive(Clone, Debug)]
pub struct Bbo<F> {
    replay: Replay<F>,
    instr: u16,
    last: [Option<(i32, u64)>; 2],
}

impl<F: Deref<Target = EventFile> + Clone> Bbo<F> {
    /// From the first event on.
    ///
    /// # Errors
    /// The file has no such instrument.
    pub fn new(file: F, instr: u16) -> Result<Self, Error> {
        let count = file.instruments().len();
        if usize::from(instr) >= count {
            return Err(Error::config("instrument", format_args!("below {count}"), instr));
        }
        Ok(Self { replay: Replay::new(file), instr, last: [None; 2] })
    }

    /// Take up to `events` more events; false at the end of the file.
    ///
    /// # Errors
    /// An event the book refuses, as only a damaged file holds.
    pub fn run(&mut self, events: u64, out: &mut Vec<Touch>) -> Result<bool, Error> {
        for _ in 0..events {
            let Some(event) = self.replay.step()? else { return Ok(false) };
            if event.instr != self.instr || !event.has(flag::LAST) {
                continue;
            }
            let best = |side| self.replay.books().best(usize::from(self.instr), side);
            let now = Side::BOTH.map(best);
            if now != self.last {
                self.last = now;
                let unit = self.replay.file().header().recv_unit_ns;
                let received = crate::received(event.ts_exch, event.recv, unit);
                out.push(Touch { ts: event.ts_exch, received, bid: now[0], ask: now[1] });
            }
        }
        Ok(true)
    }
}
