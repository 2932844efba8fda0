use quantrl_lob::{Book, Nanos};
use serde_json::json;

use super::market::{Market, Tape};
use super::{BookView, Flow, Opening};
use crate::Instrument;
use crate::convert::recorder::{Recorder, Stamp};
use crate::convert::{Options, Report};
use crate::error::Error;
use crate::event::{Kind, flag};
use crate::file::Target;
use quantrl_lob::Side;

/// How long a simulation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Time of the opening, ns UTC.
    pub start: i64,
    /// Messages of the flow after it.
    pub messages: u64,
}

/// Run a flow alone, for so many messages, and write what happens as an event file.
///
/// # Errors
/// Options out of range, a price beyond 2^31 ticks, or what the system says.
pub fn simulate(
    flow: &mut dyn Flow,
    instrument: Instrument,
    opening: Opening,
    span: Span,
    target: Target<'_>,
    options: &Options,
) -> Result<Report, Error> {
    let Span { start, messages } = span;
    run(flow, instrument, opening, (start, messages, i64::MAX), target, options)
}

/// The same of every message before a time.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_until(
    flow: &mut dyn Flow,
    instrument: Instrument,
    opening: Opening,
    [start, until]: [i64; 2],
    target: Target<'_>,
    options: &Options,
) -> Result<Report, Error> {
    run(flow, instrument, opening, (start, u64::MAX, until), target, options)
}

fn run(
    flow: &mut dyn Flow,
    instrument: Instrument,
    opening: Opening,
    (start, most, until): (i64, u64, i64),
    target: Target<'_>,
    options: &Options,
) -> Result<Report, Error> {
    let mut recorder = Recorder::new(target, 3, options)?;
    let instr = recorder.instrument(instrument)?;
    // Ticks of a flow are stored as they are.
    recorder.relative(instr, 0)?;
    let mut market = Market { tape: Recorded { recorder, instr, next_id: 1 }, anchor: opening.bid };
    market.open(opening, Stamp::at(start).with(flag::SNAPSHOT | flag::SYNTHETIC))?;
    let mut messages = Vec::new();
    let (mut ts, mut row) = (start, 0);
    while row < most {
        market.tape.recorder.at_row(row)?;
        messages.clear();
        let anchor = market.anchor;
        let wait = flow.next(Nanos(ts), &BookView::new(market.tape.book()?, anchor), &mut messages);
        ts = ts.saturating_add(wait.0);
        if ts >= until {
            break;
        }
        for message in &messages {
            market.apply(*message, Stamp::at(ts))?;
        }
        market.tape.end_group();
        row += 1;
    }
    let Recorded { recorder, .. } = market.tape;
    recorder.finish(&json!({"format": "simulated", "messages": row}))
}

/// One instrument of a file being written.
struct Recorded {
    recorder: Recorder,
    instr: u16,
    next_id: u64,
}

impl Tape for Recorded {
    fn book(&mut self) -> Result<&Book, Error> {
        self.recorder.book(self.instr).map(|book| &*book)
    }

    fn plain(&mut self, stamp: Stamp, kind: Kind) -> Result<(), Error> {
        self.recorder.plain(stamp, kind, self.instr, 0, 0, 0)
    }

    fn add(&mut self, stamp: Stamp, side: Side, tick: i32, qty: u32) -> Result<(), Error> {
        let id = self.next_id;
        self.next_id += 1;
        self.recorder.add(stamp, self.instr, id, side, tick, qty)
    }

    fn take(&mut self, stamp: Stamp, slot: u32, lots: u32, kind: Kind) -> Result<Option<(i32, u32)>, Error> {
        let Some(order) = self.recorder.live_in(self.instr, slot) else { return Ok(None) };
        let off = lots.min(order.qty);
        self.recorder.take_off(stamp, order, off, kind, None)?;
        Ok(Some((order.tick, off)))
    }

    fn end_group(&mut self) {
        self.recorder.end_group(self.instr);
    }
}
