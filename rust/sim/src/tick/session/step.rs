//! How far a session goes in one call.

use super::Session;
use crate::tick::clock::NEVER;
use crate::tick::error::Error;
use crate::tick::venue::Venue;

/// Where a step ends. Whatever has the time at which it ends has happened then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At a local time, ns.
    Time(i64),
    /// When so many more events have been received.
    Events(u64),
    /// When the next report about an own order is received, or at this time.
    Report(i64),
    /// When best bid plus best ask of an instrument differs from what it is now, or a side empties or fills.
    MidChange(u16),
    /// When nothing is left.
    End,
}

impl<V: Venue> Session<V> {
    /// Go on. False at the end: no event and no message is left, and the clock stands at the last of them.
    ///
    /// # Errors
    /// A time before now, an instrument that does not exist, or a damaged file.
    pub fn step(&mut self, until: Until) -> Result<bool, Error> {
        self.step_watched(until, usize::MAX, &mut |_| true)
    }

    /// The same; `watch` is told the events applied about each `every` of them, false stops.
    ///
    /// # Errors
    /// As `step`, or `Stopped`; the session stands where it happened.
    pub fn step_watched(
        &mut self,
        until: Until,
        every: usize,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<bool, Error> {
        if let Until::Time(ts) | Until::Report(ts) = until
            && ts < self.now
        {
            return Err(Error::config(
                "until",
                format_args!("at least {}, the session's clock", self.now),
                ts,
            ));
        }
        if let Until::MidChange(instr) = until
            && usize::from(instr) >= self.plan.instruments()
        {
            return Err(Error::config("instr", format_args!("below {}", self.plan.instruments()), instr));
        }
        self.inbox.clear();
        self.inbox_fees.clear();
        if self.ended {
            return Ok(false);
        }
        match until {
            Until::Time(ts) => self.go_watched(ts, false, every, watch),
            Until::Report(by) => self.go_watched(by, true, every, watch),
            Until::End => self.go_watched(NEVER, false, every, watch),
            Until::Events(n) => {
                self.sync()?;
                let ahead = usize::try_from(n).unwrap_or(usize::MAX).saturating_sub(1);
                let time = self.local.time_of(&self.plan, self.now, ahead);
                self.go_watched(time, false, every, watch)
            }
            Until::MidChange(instr) => self.until_mid_changes(instr, every, watch),
        }
    }

    fn until_mid_changes(
        &mut self,
        instr: u16,
        every: usize,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<bool, Error> {
        let mid = self.view()?.mid2(instr);
        let mut pause = self.exch_at.saturating_add(every);
        loop {
            if self.exch_at >= pause {
                pause = self.exch_at.saturating_add(every);
                if !watch(self.exch_at) {
                    return Err(Error::Stopped);
                }
            }
            let next = self.local.time_of(&self.plan, self.now, 0);
            if !self.go(next, false)? {
                return Ok(false);
            }
            if self.view()?.mid2(instr) != mid {
                return Ok(true);
            }
        }
    }

    /// `go` in pieces of `every` events.
    fn go_watched(
        &mut self,
        by: i64,
        on_report: bool,
        every: usize,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<bool, Error> {
        loop {
            let stop = by.min(self.time_of(self.exch_at.saturating_add(every)));
            let heard = self.inbox.len();
            if !self.go(stop, on_report)? {
                return Ok(false);
            }
            if stop == by || on_report && self.inbox.len() > heard {
                return Ok(true);
            }
            if !watch(self.exch_at) {
                return Err(Error::Stopped);
            }
        }
    }

    /// On to `by`, or to the first report with `on_report`. False at the end. Reports add to the inbox.
    pub(crate) fn go(&mut self, by: i64, on_report: bool) -> Result<bool, Error> {
        loop {
            let mut stop = by.min(self.next_equity);
            if on_report {
                self.exchange(self.plan.horizon(stop), true)?;
                stop = stop.min(self.responses.next_time());
            }
            let heard = self.inbox.len();
            self.reach(stop)?;
            if self.ended {
                if self.plan.config().equity_every > 0 {
                    self.sample()?;
                }
                return Ok(false);
            }
            if stop == self.next_equity {
                self.sample()?;
                self.next_equity = stop.saturating_add(self.plan.config().equity_every);
            }
            if stop == by || on_report && self.inbox.len() > heard {
                return Ok(true);
            }
        }
    }

    /// Let everything up to and with `target` happen on both sides.
    pub(super) fn reach(&mut self, target: i64) -> Result<(), Error> {
        self.exchange(self.plan.horizon(target), false)?;
        self.deliver(target);
        let done = self.exch_at >= self.plan.events().len() && self.plan.end() <= target;
        self.ended = done && self.requests.is_empty() && self.responses.is_empty();
        self.now = if self.ended { self.now.max(self.plan.end()).max(self.latest) } else { target };
        Ok(())
    }
}
