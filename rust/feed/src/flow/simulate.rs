use quantrl_lob::Side;
use serde_json::json;

use super::{BookView, Flow, Msg, Opening};
use crate::Instrument;
use crate::convert::recorder::{Recorder, Stamp};
use crate::convert::{Options, Report};
use crate::error::Error;
use crate::event::{Kind, flag};
use crate::file::Target;

/// How long a simulation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Time of the opening, ns UTC.
    pub start: i64,
    /// Messages of the flow after it.
    pub messages: u64,
}

/// Run a flow alone and write what happens as an event file.
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
    let mut recorder = Recorder::new(target, 3, options)?;
    let instr = recorder.instrument(instrument)?;
    // Ticks of a flow are stored as they are.
    recorder.relative(instr, 0)?;
    let mut market = Market { recorder, instr, next_id: 1, anchor: opening.bid, messages: Vec::new() };
    market.open(opening, Stamp::at(span.start).with(flag::SNAPSHOT | flag::SYNTHETIC))?;
    let mut ts = span.start;
    for row in 0..span.messages {
        market.recorder.at_row(row)?;
        let mut messages = std::mem::take(&mut market.messages);
        messages.clear();
        let anchor = market.anchor;
        let wait = flow.next(&BookView::new(market.recorder.book(instr)?, anchor), &mut messages);
        ts = ts.saturating_add(wait.0);
        for message in &messages {
            market.apply(*message, Stamp::at(ts))?;
        }
        market.messages = messages;
        market.recorder.end_group(instr);
    }
    market.recorder.finish(&json!({"format": "simulated", "messages": span.messages}))
}

struct Market {
    recorder: Recorder,
    instr: u16,
    next_id: u64,
    anchor: i32,
    messages: Vec<Msg>,
}

impl Market {
    fn open(&mut self, opening: Opening, stamp: Stamp) -> Result<(), Error> {
        self.recorder.plain(stamp, Kind::SnapBegin, self.instr, 0, 0, 0)?;
        for side in Side::BOTH {
            for level in 0..opening.levels {
                let tick = match side {
                    Side::Buy => opening.bid.saturating_sub_unsigned(level),
                    Side::Sell => opening.bid.saturating_add(1).saturating_add_unsigned(level),
                };
                for _ in 0..opening.orders {
                    self.limit(stamp, side, tick, opening.lots)?;
                }
            }
        }
        self.recorder.plain(stamp, Kind::SnapEnd, self.instr, 0, 0, 0)?;
        self.recorder.end_group(self.instr);
        Ok(())
    }

    fn limit(&mut self, stamp: Stamp, side: Side, tick: i32, qty: u32) -> Result<(), Error> {
        let id = self.next_id;
        self.next_id += 1;
        self.recorder.add(stamp, self.instr, id, side, tick, qty)
    }

    fn apply(&mut self, message: Msg, stamp: Stamp) -> Result<(), Error> {
        match message {
            Msg::Limit { side, tick, qty } => self.limit(stamp, side, tick, qty),
            Msg::Cancel { slot } => match self.recorder.live_in(self.instr, slot) {
                Some(order) => self.recorder.take_off(stamp, order, order.qty, Kind::Delete, None),
                None => Ok(()),
            },
            Msg::Market { side, mut qty } => {
                while qty > 0 {
                    let book = self.recorder.book(self.instr)?;
                    let Some(best) = book.best(side.opposite()) else { break };
                    let (head, tick) = (best.head, best.tick);
                    let Some(order) = self.recorder.live_in(self.instr, head) else { break };
                    let lots = qty.min(order.qty);
                    self.recorder.take_off(stamp, order, lots, Kind::Exec, None)?;
                    self.anchor = tick;
                    qty -= lots;
                }
                Ok(())
            }
        }
    }
}
