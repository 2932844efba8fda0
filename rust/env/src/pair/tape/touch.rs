//! What one leg's book showed, change after change, read from its events once.

use std::sync::Arc;

use quantrl_feed::{Books, Event, EventFile, Kind, RECV_UNKNOWN, flag, received, side_of};
use quantrl_lob::Side;

use crate::Error;
use crate::pair::tape::flow::{Flow, Flows};

/// Levels of a side.
pub const LEVELS: usize = 5;

/// Price and lots; no lots where there is no level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Ticks above the instrument's base.
    pub tick: i32,
    /// Lots, at most 2^32 - 1.
    pub lots: u32,
}

/// Five levels of both sides from an exchange time on: 88 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Exchange time, ns UTC.
    pub ts: i64,
    /// Bids and asks, best first.
    pub sides: [[Level; LEVELS]; 2],
}

impl Touch {
    fn of(books: &Books, instr: usize, ts: i64) -> Self {
        let sides = Side::BOTH.map(|side| {
            let mut levels = [Level::default(); LEVELS];
            for (level, (tick, lots)) in levels.iter_mut().zip(books.depth(instr, side)) {
                *level = Level { tick, lots: u32::try_from(lots).unwrap_or(u32::MAX) };
            }
            levels
        });
        Self { ts, sides }
    }

    /// Best bid and ask, ticks above the base; None where a side is empty or they cross.
    #[inline]
    pub fn best(&self) -> Option<(i32, i32)> {
        let [bid, ask] = [self.sides[0][0], self.sides[1][0]];
        (bid.lots > 0 && ask.lots > 0 && bid.tick < ask.tick).then_some((bid.tick, ask.tick))
    }
}

/// An instrument of an event file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: Arc<EventFile>,
    /// Row of its instrument table.
    pub instr: u16,
}

/// How event times become what a decision may see.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Delta in nanoseconds; decisions fall on whole multiples of it.
    pub dt_ns: i64,
    /// From the exchange to the trader, for events without a receive time.
    pub feed_ns: Option<i64>,
    /// Silence of a leg that ends a session.
    pub gap_ns: i64,
}

/// The log of one leg.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Rows by exchange time.
    pub touches: Vec<Touch>,
    /// When each row was known: the latest receive time up to it, so that no event is seen before those it follows.
    pub seen: Vec<i64>,
    /// Order flow by decision.
    pub flows: Flows,
    /// First and last time something was received without a silence between.
    pub sessions: Vec<(i64, i64)>,
    index: Index,
}

/// Where to look for a time: the first row of each of equal spans, about one a row.
#[derive(Clone, Debug, Default)]
struct Index {
    first: i64,
    shift: u32,
    rows: Vec<u32>,
}

impl Index {
    /// Over rows in order of time. O(rows).
    fn of(touches: &[Touch]) -> Self {
        let [Some(first), Some(last)] = [touches.first(), touches.last()].map(|row| row.map(|row| row.ts))
        else {
            return Self::default();
        };
        let span = last.saturating_sub(first).max(1).unsigned_abs();
        let shift = (span / touches.len() as u64).max(1).ilog2();
        let mut rows = Vec::with_capacity((span >> shift) as usize + 2);
        for (row, touch) in touches.iter().enumerate() {
            let place = (touch.ts.abs_diff(first) >> shift) as usize;
            rows.resize(rows.len().max(place + 1), row as u32);
        }
        rows.push(touches.len() as u32);
        Self { first, shift, rows }
    }

    /// Rows among which the last one up to a time ends.
    fn within(&self, ts: i64) -> std::ops::Range<usize> {
        if ts < self.first || self.rows.is_empty() {
            return 0..0;
        }
        let last = self.rows.len() - 1;
        let place = ((ts.abs_diff(self.first) >> self.shift) as usize).min(last);
        self.rows[place] as usize..self.rows[(place + 1).min(last)] as usize
    }
}

impl Log {
    /// Read an instrument's events. O(events).
    ///
    /// # Errors
    /// An event without a receive time where no feed latency is given, a damaged file.
    pub fn read(source: &Source, timing: &Timing) -> Result<Self, Error> {
        let (file, instr) = (&*source.file, source.instr);
        let slots: Vec<u32> = file.instruments().iter().map(|row| row.max_live).collect();
        let mut books = Books::new(file.header().level, &slots);
        let mut log = Self::default();
        let (mut seen, mut flow) = (i64::MIN, Flow::default());
        for (at, event) in file.iter().enumerate().filter(|(_, event)| event.instr == instr) {
            let refused =
                |what: &dyn std::fmt::Display| Error::Data(format!("{}, event {at}: {what}", file.name()));
            seen = seen.max(known(&event, file.header().recv_unit_ns, timing.feed_ns).ok_or_else(|| {
                refused(&"receive time: expected one, or feed_ms as a model of the feed; got neither")
            })?);
            books.apply(&event).map_err(|fault| refused(&fault))?;
            flow.count(&event);
            if event.has(flag::LAST) {
                log.end(Touch::of(&books, usize::from(instr), event.ts_exch), seen, flow, timing);
                flow = Flow::default();
            }
        }
        log.index = Index::of(&log.touches);
        Ok(log)
    }

    /// One group of events is over.
    fn end(&mut self, touch: Touch, seen: i64, mut flow: Flow, timing: &Timing) {
        let before = self.touches.last();
        if let Some(before) = before {
            flow.imbalance = before.imbalance(&touch);
        }
        self.flows.add(bucket(seen, timing.dt_ns), flow);
        match self.sessions.last_mut() {
            Some((_, last)) if seen - *last <= timing.gap_ns => *last = seen,
            _ => self.sessions.push((seen, seen)),
        }
        if before.is_none_or(|before| before.sides != touch.sides) {
            self.touches.push(touch);
            self.seen.push(seen);
        }
    }

    /// What an order meets at an exchange time; None before the first event. O(1) where events are spread evenly.
    pub fn at(&self, ts: i64) -> Option<&Touch> {
        let among = self.index.within(ts);
        let before = among.start + self.touches[among].partition_point(|touch| touch.ts <= ts);
        before.checked_sub(1).map(|row| &self.touches[row])
    }
}

/// Number of the first decision that may see what was received at `seen`.
pub fn bucket(seen: i64, dt_ns: i64) -> i64 {
    seen.div_euclid(dt_ns) + i64::from(seen.rem_euclid(dt_ns) != 0)
}

fn known(event: &Event, unit_ns: u32, feed_ns: Option<i64>) -> Option<i64> {
    match event.recv {
        RECV_UNKNOWN => feed_ns.map(|feed| event.ts_exch.saturating_add(feed)),
        recv => Some(received(event.ts_exch, recv, unit_ns)),
    }
}

impl Touch {
    /// e of Cont, Kukanov and Stoikov (2014), J. Financial Econometrics 12(1), in lots: what buyers added and sellers took
    /// away at the best prices between this row and the next.
    fn imbalance(&self, now: &Self) -> i64 {
        let side = |side: usize, better: fn(i32, i32) -> bool| {
            let (was, is) = (self.sides[side][0], now.sides[side][0]);
            let gained =
                if is.lots > 0 && (was.lots == 0 || !better(was.tick, is.tick)) { is.lots } else { 0 };
            let lost =
                if was.lots > 0 && (is.lots == 0 || !better(is.tick, was.tick)) { was.lots } else { 0 };
            i64::from(gained) - i64::from(lost)
        };
        side(0, |a, b| a > b) - side(1, |a, b| a < b)
    }
}

impl Flow {
    fn count(&mut self, event: &Event) {
        self.events += 1;
        // The side of an execution is the resting order's, that of a trade the taker's.
        let sells = match Kind::of(event.kind) {
            Some(Kind::Exec) => side_of(event.flags) == Side::Buy,
            Some(Kind::Trade) => side_of(event.flags) == Side::Sell,
            _ => return,
        };
        let lots = i64::try_from(event.lots()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        self.volume = self.volume.saturating_add(lots);
        if event.has(flag::SIDE_KNOWN) {
            self.signed = self.signed.saturating_add(if sells { -lots } else { lots });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(bid: (i32, u32), ask: (i32, u32)) -> Touch {
        let mut touch = Touch::default();
        touch.sides[0][0] = Level { tick: bid.0, lots: bid.1 };
        touch.sides[1][0] = Level { tick: ask.0, lots: ask.1 };
        touch
    }

    #[test]
    fn imbalance_by_hand() {
        let before = touch((10, 5), (12, 8));
        for (now, e) in [
            (touch((10, 9), (12, 8)), 4),
            (touch((11, 3), (12, 8)), 3),
            (touch((9, 4), (12, 8)), -5),
            (touch((10, 5), (11, 2)), -2),
            (touch((10, 5), (13, 6)), 8),
            (touch((10, 5), (0, 0)), 8),
        ] {
            assert_eq!(before.imbalance(&now), e, "{now:?}");
        }
        assert_eq!(touch((0, 0), (12, 8)).best(), None);
        assert_eq!(touch((12, 1), (12, 8)).best(), None);
    }

    #[test]
    fn an_order_meets_the_last_row_up_to_its_time() {
        let draws = [3, 0, 0, 1, 40, 2, 900, 0, 5, 7, 1_000_000, 1, 1, 0, 3];
        let times: Vec<i64> = draws
            .iter()
            .scan(-50, |ts, gap| {
                *ts += gap;
                Some(*ts)
            })
            .collect();
        let touches: Vec<Touch> = times.iter().map(|&ts| Touch { ts, ..Touch::default() }).collect();
        for n in 0..=touches.len() {
            let some = touches[..n].to_vec();
            let log = Log { index: Index::of(&some), touches: some, ..Log::default() };
            for ts in (-60..2_000).chain(999_000..1_001_200) {
                let row = times[..n].partition_point(|&at| at <= ts).checked_sub(1);
                assert_eq!(log.at(ts).map(|touch| touch.ts), row.map(|row| times[row]), "{n} rows, {ts}");
            }
        }
    }

    #[test]
    fn a_decision_sees_what_is_received_by_it() {
        assert_eq!([-10, -9, 0, 1, 10, 11].map(|seen| bucket(seen, 10)), [-1, 0, 0, 1, 1, 2]);
    }
}
