//! Databento market by order.
//!
//! Fills (F) leave the book and are followed in their group by the cancel or modify that the same fill causes, so
//! EXEC stands for F and of C and M only what they add. Trades (T) beyond the fills of their group are PRINTs:
//! implied or hidden liquidity.

mod record;

use quantrl_lob::Side;
use serde_json::json;
use std::collections::HashMap;

use crate::Instrument;
use crate::convert::inflate::unpacked;
use crate::convert::orders::Live;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::convert::{Options, Report, Source};
use crate::decimal::Decimal;
use crate::error::{Error, printable};
use crate::event::{Kind, flag};
use crate::file::{Target, UNKNOWN};
use record::{MBO, MIXED, Mbo, Metadata, NO_PRICE, Records};

/// What the file does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Dbn {
    /// Price of a tick, at most nine digits behind the point.
    pub tick_size: Decimal,
    /// Common options.
    pub common: Options,
}

/// Convert one file.
///
/// # Errors
/// Another format or schema, a truncated record, or too many faults; nothing is written then.
pub fn convert(source: Source<'_>, target: Target<'_>, options: &Dbn) -> Result<Report, Error> {
    let run = || {
        let bytes = unpacked(source.bytes, &options.common.limits)?;
        let metadata = Metadata::read(&bytes)?;
        if ![MBO, MIXED].contains(&metadata.schema) {
            let place = crate::error::Place::File;
            return Err(Error::data(place, "schema", "0 (mbo)", metadata.schema));
        }
        let records = Records::new(&bytes[metadata.records_at..]);
        let mut session = Session::new(target, options, &metadata)?;
        for record in records {
            let (row, record) = record?;
            session.recorder.at_row(row)?;
            match record {
                Some(mbo) => session.take(&mbo)?,
                None => session.recorder.quality.other_types += 1,
            }
        }
        session.recorder.finish(&json!({
            "format": "dbn-mbo",
            "sources": [source.provenance()],
            "dataset": metadata.dataset,
            "version": metadata.version,
            "tick_size": options.tick_size.to_string(),
        }))
    };
    run().map_err(|error| error.in_file(source.name))
}

/// What the group so far has filled and traded, of one instrument.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Lots filled of an order, not yet taken by its cancel or modify.
    fills: HashMap<u64, u32>,
    filled: u64,
    traded: u64,
    trade: Option<(i64, u8)>,
}

struct Session<'a> {
    recorder: Recorder,
    metadata: &'a Metadata,
    tick_size: Decimal,
    unit: i64,
    instruments: HashMap<u32, u16>,
    groups: Vec<Group>,
}

const LAST: u8 = 128;
const SNAPSHOT: u8 = 32;
const BAD_RECEIVE_TIME: u8 = 8;

impl<'a> Session<'a> {
    fn new(target: Target<'_>, options: &Dbn, metadata: &'a Metadata) -> Result<Self, Error> {
        let Decimal { digits, scale } = options.tick_size;
        let unit = 9u32
            .checked_sub(u32::from(scale))
            .and_then(|zeros| digits.checked_mul(10u64.pow(zeros)))
            .and_then(|unit| i64::try_from(unit).ok())
            .ok_or_else(|| Error::config("tick_size", "a multiple of 1e-9", options.tick_size))?;
        Ok(Self {
            recorder: Recorder::new(target, 3, &options.common)?,
            metadata,
            tick_size: options.tick_size,
            unit,
            instruments: HashMap::new(),
            groups: Vec::new(),
        })
    }

    fn instrument(&mut self, id: u32) -> Result<u16, Error> {
        if let Some(&instr) = self.instruments.get(&id) {
            return Ok(instr);
        }
        let symbol = self.metadata.symbols.get(&id).cloned().unwrap_or_else(|| id.to_string());
        let instr = self.recorder.instrument(Instrument::new(&symbol, self.tick_size, Decimal::ONE))?;
        self.instruments.insert(id, instr);
        self.groups.push(Group::default());
        Ok(instr)
    }

    fn stamp(&self, mbo: &Mbo) -> Result<Stamp, Error> {
        let time = |ns: u64, field| {
            i64::try_from(ns)
                .map_err(|_| Error::data(self.recorder.place(), field, "nanoseconds since 1970", ns))
        };
        let received = match mbo.ts_recv {
            u64::MAX => None,
            ns => Some(time(ns, "ts_recv")?),
        };
        let mut ts = match (mbo.ts_event, received) {
            (u64::MAX, Some(received)) => received,
            (ns, _) => time(ns, "ts_event")?,
        };
        let mut flags = 0;
        if mbo.flags & SNAPSHOT != 0 {
            // Orders of a snapshot bear the time they were entered at, in no order.
            ts = ts.max(self.recorder.last_ts());
            flags = flag::SNAPSHOT;
        }
        let known = received.filter(|_| mbo.flags & BAD_RECEIVE_TIME == 0);
        Ok(Stamp { ts, latency: known.map_or(UNKNOWN, |received| received.saturating_sub(ts)), flags })
    }

    fn take(&mut self, mbo: &Mbo) -> Result<(), Error> {
        let instr = self.instrument(mbo.instrument)?;
        let stamp = self.stamp(mbo)?;
        match mbo.action {
            b'A' => self.add(mbo, stamp, instr)?,
            b'C' => self.cancel(mbo, stamp, instr)?,
            b'M' => self.modify(mbo, stamp, instr)?,
            b'R' => self.recorder.plain(stamp, Kind::Clear, instr, 0, 0, 0)?,
            b'F' => self.fill(mbo, stamp, instr)?,
            b'T' => {
                let group = &mut self.groups[usize::from(instr)];
                group.traded += u64::from(mbo.size);
                group.trade = Some((mbo.price, mbo.side));
            }
            b'N' => {}
            other => {
                let place = self.recorder.place();
                return Err(Error::data(place, "action", "A, C, M, R, F, T or N", printable(&[other])));
            }
        }
        if mbo.flags & LAST != 0 { self.end_group(stamp, instr) } else { Ok(()) }
    }

    /// Tick of a price; a fault and None where there is none or it is off the grid.
    fn tick(&mut self, instr: u16, price: i64) -> Result<Option<i32>, Error> {
        if price == NO_PRICE || price % self.unit != 0 {
            self.recorder.fault(|q| &mut q.off_grid, "price", "a multiple of tick_size", price)?;
            return Ok(None);
        }
        self.recorder.relative(instr, price / self.unit).map(Some)
    }

    fn add(&mut self, mbo: &Mbo, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let side = match mbo.side {
            b'B' => Side::Buy,
            b'A' => Side::Sell,
            other => {
                let place = self.recorder.place();
                return Err(Error::data(place, "side", "B or A", printable(&[other])));
            }
        };
        match self.tick(instr, mbo.price)? {
            Some(tick) => self.recorder.add(stamp, instr, mbo.order, side, tick, mbo.size),
            None => Ok(()),
        }
    }

    /// Lots of an order's fills that its cancel or modify has not taken yet.
    fn pending(&mut self, instr: u16, order: u64) -> Option<u32> {
        self.groups[usize::from(instr)].fills.remove(&order)
    }

    fn fill(&mut self, mbo: &Mbo, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let group = &mut self.groups[usize::from(instr)];
        group.filled += u64::from(mbo.size);
        let lots = group.fills.entry(mbo.order).or_default();
        *lots = lots.saturating_add(mbo.size);
        let Some(order) = self.recorder.known(instr, mbo.order)? else { return Ok(()) };
        let price = if mbo.price == NO_PRICE { None } else { self.tick(instr, mbo.price)? };
        self.recorder.take_off(stamp, order, mbo.size, Kind::Exec, price)
    }

    fn cancel(&mut self, mbo: &Mbo, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let pending = self.pending(instr, mbo.order);
        let rest = mbo.size.saturating_sub(pending.unwrap_or(0));
        match (pending, self.recorder.live(instr, mbo.order)) {
            (Some(_), _) if rest == 0 => Ok(()),
            (_, Some(order)) => self.recorder.take_off(stamp, order, rest, Kind::Reduce, None),
            (Some(_), None) => Ok(()),
            (None, None) => self.recorder.known(instr, mbo.order).map(|_| ()),
        }
    }

    fn modify(&mut self, mbo: &Mbo, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let pending = self.pending(instr, mbo.order);
        let live = self.recorder.live(instr, mbo.order);
        match (pending, live) {
            (_, Some(order)) => match self.tick(instr, mbo.price)? {
                // The open lots after the fill, which EXEC has taken off already.
                Some(tick) if pending.is_some() && (tick, mbo.size) == (order.tick, order.qty) => Ok(()),
                Some(tick) => self.amend(mbo, stamp, order, tick),
                None => Ok(()),
            },
            // Filled whole and shown anew, as an iceberg's next peak.
            (Some(_), None) if mbo.size > 0 => self.add(mbo, stamp, instr),
            (Some(_), None) => Ok(()),
            (None, None) => {
                self.recorder.fault(|q| &mut q.unknown_id, "order id", "a live order", mbo.order)?;
                Ok(())
            }
        }
    }

    fn amend(&mut self, mbo: &Mbo, stamp: Stamp, order: Live, tick: i32) -> Result<(), Error> {
        self.recorder.amend(stamp, order, tick, mbo.size)
    }

    fn end_group(&mut self, stamp: Stamp, instr: u16) -> Result<(), Error> {
        let group = std::mem::take(&mut self.groups[usize::from(instr)]);
        if !group.fills.is_empty() {
            let expected = "a cancel or modify in the same group";
            self.recorder.fault(|q| &mut q.unpaired_fills, "fill", expected, "none")?;
        }
        let hidden = group.traded.saturating_sub(group.filled);
        if let (Some((price, aggressor)), true) = (group.trade, hidden > 0)
            && let Some(tick) = self.tick(instr, price)?
        {
            let side = match aggressor {
                b'B' => side_flags(Side::Sell),
                b'A' => side_flags(Side::Buy),
                _ => 0,
            };
            let lots = hidden.min(u64::from(u32::MAX));
            self.recorder.plain(stamp.with(flag::HIDDEN), Kind::Print, instr, side, tick, lots)?;
        }
        self.recorder.end_group(instr);
        Ok(())
    }
}
