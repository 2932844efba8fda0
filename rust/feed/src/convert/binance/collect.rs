//! Lines to level changes and trades, in the order the venue's rules apply them.

use quantrl_lob::Side;

use crate::convert::binance::message::{Grid, Message, Pair};
use crate::convert::binance::raw::{Quote, Raw, Update};
use crate::convert::binance::sequence::{Sequence, Verdict};
use crate::convert::binance::{Binance, Market};
use crate::convert::recorder::{Recorder, side_flags};
use crate::convert::rows::Lines;
use crate::decimal::whole;
use crate::error::{Error, Place, printable};
use crate::event::{Kind, flag};

/// Everything one file said.
#[derive(Debug)]
pub struct Collected {
    grid: Grid,
    market: Market,
    /// Events in the order they apply.
    pub raw: Vec<Raw>,
    /// Best quotes.
    pub quotes: Vec<Quote>,
    /// Symbol of the first message that names one.
    pub symbol: Option<Vec<u8>>,
    sequence: Option<Sequence>,
    waiting: Vec<Update>,
    spare: Vec<(Side, i64, u64)>,
    last_depth: i64,
    last_seen: i64,
}

const MILLI: i64 = 1_000_000;

impl Collected {
    /// Read all lines; faults are counted in `recorder`.
    pub fn of_lines(bytes: &[u8], options: &Binance, recorder: &mut Recorder) -> Result<Self, Error> {
        let mut all = Self {
            grid: options.grid(),
            market: options.market,
            raw: Vec::new(),
            quotes: Vec::new(),
            symbol: None,
            sequence: None,
            waiting: Vec::new(),
            spare: Vec::new(),
            last_depth: i64::MIN,
            last_seen: i64::MIN,
        };
        let mut message = Message::default();
        for line in Lines::new(bytes, options.common.limits.max_line) {
            let (row, line) = line?;
            recorder.at_row(row)?;
            let space = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
            let received = whole(&line[..space]).ok().filter(|ns| *ns > 0).ok_or_else(|| {
                let expected = "receive time in ns, then a space";
                Error::data(Place::Row(row), "line", expected, printable(line))
            })?;
            message.read(&line[space..], row, options.common.limits.max_depth)?;
            all.take(&message, received, row, recorder)?;
            if all.raw.len() as u64 > options.common.limits.max_events {
                return Err(Error::limit(Place::Row(row), "max_events", options.common.limits.max_events));
            }
        }
        // Updates that never saw their snapshot say nothing.
        recorder.quality.dropped += all.waiting.len() as u64;
        Ok(all)
    }

    fn take(
        &mut self,
        message: &Message<'_>,
        received: i64,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<(), Error> {
        if !message.symbol.is_empty() {
            let symbol = self.symbol.get_or_insert_with(|| message.symbol.to_vec());
            if symbol[..] != *message.symbol {
                let place = Place::Row(row);
                return Err(Error::data(place, "s", printable(symbol), printable(message.symbol)));
            }
        }
        let ms = message.trade_ms.or(message.event_ms);
        let ts = match ms {
            Some(ms) => Some(ms.checked_mul(MILLI).ok_or_else(|| {
                Error::data(Place::Row(row), "time", "milliseconds of this millennium", ms)
            })?),
            None => None,
        };
        self.last_seen = self.last_seen.max(ts.unwrap_or(i64::MIN));
        let missing =
            |field, got: &dyn std::fmt::Display| Error::data(Place::Row(row), field, "a value", got);
        match (message.event, message.snapshot_id) {
            (b"depthUpdate", _) => {
                let (Some(first), Some(last), Some(ts)) = (message.first_id, message.last_id, ts) else {
                    return Err(missing("U, u and E", &"none"));
                };
                let ids = (first, last, message.previous_id);
                let changes = self.changes(message, row, recorder)?;
                self.update(Update { ids, ts, received, row, changes }, recorder)
            }
            (b"trade", _) => {
                let Some(ts) = ts else { return Err(missing("T", &"none")) };
                self.trade(message, ts, received, row, recorder)
            }
            (b"" | b"bookTicker", None) if message.bid.is_some() && message.ask.is_some() => {
                let Some(update) = message.last_id else { return Err(missing("u", &"none")) };
                self.quote(message, update, row, recorder)
            }
            (b"", Some(id)) => self.snapshot(message, id, ts, received, row, recorder),
            _ => {
                recorder.quality.other_types += 1;
                Ok(())
            }
        }
    }

    /// Levels of a message: those that go first, so that no level is crossed on the way.
    fn changes(
        &mut self,
        message: &Message<'_>,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<Vec<(Side, i64, u64)>, Error> {
        let mut changes = std::mem::take(&mut self.spare);
        changes.clear();
        for (side, levels) in [(Side::Buy, &message.bids), (Side::Sell, &message.asks)] {
            for &pair in levels {
                if let Some((tick, lots)) = self.on_grid(pair, row, recorder)? {
                    changes.push((side, tick, lots));
                }
            }
        }
        changes.sort_by_key(|&(_, _, lots)| lots > 0);
        Ok(changes)
    }

    fn on_grid(
        &self,
        pair: Pair<'_>,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<Option<(i64, u64)>, Error> {
        let counted = self.grid.count(pair, row)?;
        if counted.is_none() {
            let got = format!("{} x {}", printable(pair.0), printable(pair.1));
            recorder.fault(|q| &mut q.off_grid, "level", "a multiple of tick_size and lot_size", got)?;
        }
        Ok(counted)
    }

    fn update(&mut self, mut update: Update, recorder: &mut Recorder) -> Result<(), Error> {
        let Some(sequence) = &mut self.sequence else {
            self.waiting.push(update);
            return Ok(());
        };
        let (first, last, previous) = update.ids;
        match sequence.judge(first, last, previous) {
            Verdict::Drop => {
                recorder.quality.dropped += 1;
                self.spare = update.changes;
            }
            Verdict::Apply => {
                if update.ts < self.last_depth {
                    recorder.fault(|q| &mut q.clock_back, "E", "not before the last update", update.ts)?;
                    update.ts = self.last_depth;
                }
                self.last_depth = update.ts;
                self.push_levels(&update, 0, last);
                self.spare = update.changes;
            }
            Verdict::Gap => {
                let expected = "the update after the last";
                recorder.fault(|q| &mut q.gaps, "U", expected, format_args!("{first}..{last}"))?;
                let ts = update.ts.max(self.last_depth);
                self.push(Kind::Clear, ts, update.received, update.row);
                self.last_depth = ts;
                self.sequence = None;
                self.waiting.push(update);
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, ts: i64, received: i64, row: u64) {
        let flags = flag::LAST;
        self.raw.push(Raw { ts, received, tick: 0, lots: 0, row, update: 0, kind, flags });
    }

    fn push_levels(&mut self, update: &Update, flags: u8, id: i64) {
        let Update { ts, received, row, .. } = *update;
        for &(side, tick, lots) in &update.changes {
            let flags = side_flags(side) | flags;
            self.raw.push(Raw { ts, received, tick, lots, row, update: 0, kind: Kind::Level, flags });
        }
        if let (false, Some(last)) = (update.changes.is_empty(), self.raw.last_mut()) {
            last.flags |= flag::LAST;
            last.update = id;
        }
    }

    fn snapshot(
        &mut self,
        message: &Message<'_>,
        id: i64,
        ts: Option<i64>,
        received: i64,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<(), Error> {
        if self.sequence.is_some_and(|sequence| sequence.last() > id) {
            recorder.quality.dropped += 1;
            return Ok(());
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        // A spot snapshot has no time: it holds all updates up to its id.
        let newest_inside = waiting.iter().filter(|u| u.ids.1 <= id).map(|u| u.ts).max();
        let oldest = waiting.first().map(|u| u.ts);
        let seen = Some(self.last_seen).filter(|&ts| ts != i64::MIN);
        let ts = ts.or(newest_inside).or(oldest).or(seen).unwrap_or(received).max(self.last_depth);
        let changes = self.changes(message, row, recorder)?;
        self.push(Kind::SnapBegin, ts, received, row);
        let update = Update { ids: (id, id, None), ts, received, row, changes };
        self.push_levels(&update, flag::SNAPSHOT, 0);
        self.push(Kind::SnapEnd, ts, received, row);
        (self.last_depth, self.sequence) = (ts, Some(Sequence::after(self.market, id)));
        for mut update in waiting.drain(..) {
            // What came before the snapshot can be used from the snapshot on only.
            update.received = update.received.max(received);
            update.ts = update.ts.max(self.last_depth);
            self.update(update, recorder)?;
        }
        Ok(())
    }

    fn trade(
        &mut self,
        message: &Message<'_>,
        ts: i64,
        received: i64,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<(), Error> {
        // Futures also report liquidations and the insurance fund as trades.
        if !message.execution.is_empty() && message.execution != b"MARKET" {
            recorder.quality.other_types += 1;
            return Ok(());
        }
        let Some(maker) = message.buyer_is_maker else {
            return Err(Error::data(Place::Row(row), "m", "true or false", "none"));
        };
        let Some((tick, lots)) = self.on_grid((message.price, message.size), row, recorder)? else {
            return Ok(());
        };
        if tick == 0 || lots == 0 {
            return recorder.fault(|q| &mut q.zero, "trade", "price and size above 0", lots);
        }
        let aggressor = if maker { Side::Sell } else { Side::Buy };
        let flags = side_flags(aggressor) | flag::LAST;
        self.raw.push(Raw { ts, received, tick, lots, row, update: 0, kind: Kind::Trade, flags });
        Ok(())
    }

    fn quote(
        &mut self,
        message: &Message<'_>,
        update: i64,
        row: u64,
        recorder: &mut Recorder,
    ) -> Result<(), Error> {
        let bid = self.on_grid(message.bid.unwrap_or_default(), row, recorder)?;
        let ask = self.on_grid(message.ask.unwrap_or_default(), row, recorder)?;
        if let (Some(bid), Some(ask)) = (bid, ask) {
            self.quotes.push(Quote { update, bid, ask });
        }
        Ok(())
    }
}
