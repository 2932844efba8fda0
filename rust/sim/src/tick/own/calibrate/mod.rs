//! Queue models judged on a file of orders: virtual orders of one lot stand in the true queues, and by each model in the
//! level sums that the same events make.

mod derived;
mod panel;
mod score;
#[cfg(test)]
mod tests;
mod witness;

use quantrl_feed::{Error as FileError, Event, EventFile, Place, Replay};
use quantrl_lob::Fault;

use super::fitted::Vanished;
use super::{Fitted, QueueModel};
use crate::tick::Error;
use panel::{Panel, Times};
use score::Tally;

pub use score::Score;

/// Within which fills are forecast, ns.
pub const HORIZONS: [i64; 3] = [1_000_000_000, 10_000_000_000, 60_000_000_000];
/// Share of the events that `fitted` is estimated on, in hundredths; the others judge.
const FIT_PERCENT: usize = 70;
/// Events between two calls of a watcher.
const WATCH_EVERY: usize = 1 << 16;

/// The models every calibration ranks, besides the fitted one. `power2(1)` and `power3(1)` are `power(1)`.
pub const MODELS: [QueueModel; 10] = [
    QueueModel::RiskAverse,
    QueueModel::Power(1.0),
    QueueModel::Power(2.0),
    QueueModel::Power(3.0),
    QueueModel::Power2(2.0),
    QueueModel::Power2(3.0),
    QueueModel::Power3(2.0),
    QueueModel::Power3(3.0),
    QueueModel::Log,
    QueueModel::Log2,
];

/// What a file says of queue models.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Estimated on the first 70 % of the events.
    pub fitted: Fitted,
    /// Cancellations it was estimated from: one counts for each virtual order whose price it was at.
    pub cancels: u64,
    /// Orders judged at each horizon, on the last 30 %.
    pub orders: [u64; 3],
    /// Share of them truly filled.
    pub filled: [f64; 3],
    /// Best first.
    pub scores: Vec<Score>,
}

/// Join both touches of an instrument each `every` ns, fit, and judge. `watch` is told the events passed; false stops.
///
/// # Errors
/// A file without orders, an instrument that does not exist, `every` not above 0, a damaged file, or `Stopped`.
pub fn calibrate(
    file: &EventFile,
    instr: u16,
    every: i64,
    watch: &mut dyn FnMut(usize) -> bool,
) -> Result<Calibration, Error> {
    let header = file.header();
    if header.level < 3 {
        return Err(Error::config(
            "file",
            "orders (level 3), where queues are known",
            format_args!("level {}", header.level),
        ));
    }
    if usize::from(instr) >= file.instruments().len() {
        return Err(Error::config("instr", format_args!("below {}", file.instruments().len()), instr));
    }
    if every <= 0 {
        return Err(Error::config("every", "above 0 ns", every));
    }
    let split = file.events().len() / 100 * FIT_PERCENT + file.events().len() % 100 * FIT_PERCENT / 100;
    let times = |from| Times { from, every, life: HORIZONS[2] };
    let books = Replay::new(file).books().clone();
    let mut walk = Walk { file, instr, at: 0, watch };

    let mut panel = Panel::new(books, file, instr, times(header.first_ts), &[])?;
    let mut vanished = Vanished::new();
    walk.to(split, &mut panel, &mut |_| {}, &mut |panel, event| {
        let (book, witnesses) = panel.witnesses();
        witness::see(book, event, witnesses, &mut vanished);
    })?;
    let fitted = vanished.fitted();

    let models: Vec<_> = MODELS.into_iter().chain([QueueModel::Fitted(fitted)]).collect();
    let from = file.get(split as u64).map_or(header.last_ts, |event| event.ts_exch);
    let mut panel = Panel::new(panel.books(), file, instr, times(from), &models)?;
    let mut tally = Tally::new(models.len());
    walk.to(
        file.events().len(),
        &mut panel,
        &mut |live| tally.judge(live, live.joined + HORIZONS[2]),
        &mut |_, _| {},
    )?;
    panel.live.iter().for_each(|live| tally.judge(live, header.last_ts));
    Ok(Calibration {
        fitted,
        cancels: vanished.total(),
        orders: tally.orders,
        filled: tally.truth(),
        scores: tally.scores(&models),
    })
}

/// A pass over the events of one instrument.
struct Walk<'a> {
    file: &'a EventFile,
    instr: u16,
    at: usize,
    watch: &'a mut dyn FnMut(usize) -> bool,
}

impl Walk<'_> {
    fn to(
        &mut self,
        end: usize,
        panel: &mut Panel,
        over: &mut impl FnMut(&panel::Live),
        before: &mut impl FnMut(&mut Panel, &Event),
    ) -> Result<(), Error> {
        while self.at < end {
            let event = Event::of_bytes(&self.file.events()[self.at]);
            if event.instr == self.instr {
                panel.reach(event.ts_exch, over);
                before(panel, &event);
                panel.apply(&event).map_err(|fault| self.damaged(fault))?;
            }
            self.at += 1;
            if (self.at.is_multiple_of(WATCH_EVERY) || self.at == self.file.events().len())
                && !(self.watch)(self.at)
            {
                return Err(Error::Stopped);
            }
        }
        Ok(())
    }

    fn damaged(&self, fault: Fault) -> Error {
        let place = Place::Event(self.at as u64);
        let error = FileError::data(place, "slot", "an event the book takes", fault);
        Error::File(error.in_file(self.file.name()))
    }
}
