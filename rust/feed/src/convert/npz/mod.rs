//! Event arrays of hftbacktest with level data: kinds 1 depth, 2 trade, 3 clear, 4 snapshot, 5 best quote.
//!
//! Where exchange order and receive order differ, the array holds a row for each: the exchange row is the event, its
//! receive time stands in it, and the local row must be there too.

mod array;

use quantrl_lob::Side;
use serde_json::json;
use std::collections::HashMap;

use crate::Instrument;
use crate::convert::recorder::{Recorder, Stamp, side_flags};
use crate::convert::zip::{members, only};
use crate::convert::{Options, Report, Source};
use crate::decimal::Decimal;
use crate::error::Error;
use crate::event::{Kind, flag};
use crate::file::Target;
use array::{BUY, EXCHANGE, LOCAL, Row, SELL, rows};

/// What the array does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Npz {
    /// Symbol.
    pub symbol: String,
    /// Price of a tick.
    pub tick_size: Decimal,
    /// Size of a lot.
    pub lot_size: Decimal,
    /// Common options.
    pub common: Options,
}

/// Convert member `data` of an archive.
///
/// # Errors
/// Another archive or array, a row no event can have, or too many faults; nothing is written then.
pub fn convert(source: Source<'_>, target: Target<'_>, options: &Npz) -> Result<Report, Error> {
    converted(source, target, options).map_err(|error| error.in_file(source.name))
}

fn converted(source: Source<'_>, target: Target<'_>, options: &Npz) -> Result<Report, Error> {
    let all = members(source.bytes)?;
    let data = only(&all, "data.npy", |name| name == "data.npy")?;
    let bytes = data.content(&options.common.limits)?;
    let rows: Vec<Row> = rows(&bytes)?.iter().map(Row::of_bytes).collect();
    let mut recorder = Recorder::new(target, 2, &options.common)?;
    let instr = recorder.instrument(Instrument::new(&options.symbol, options.tick_size, options.lot_size))?;
    let mut all = Array { recorder, instr, tick: options.tick_size.to_f64(), lot: options.lot_size.to_f64() };
    let order = all.exchange_rows(&rows)?;
    for (n, &i) in order.iter().enumerate() {
        all.recorder.back_at(i as u64)?;
        all.event(&rows[i])?;
        let next = order.get(n + 1).map(|&j| &rows[j]);
        // Changes of one time are one group; a trade is one of its own.
        let joined = next.is_some_and(|next| {
            (next.exch_ts, next.local_ts) == (rows[i].exch_ts, rows[i].local_ts)
                && [next, &rows[i]].iter().all(|row| row.ev & 0xff != 2)
        });
        if !joined {
            all.recorder.end_group(instr);
        }
    }
    all.recorder.finish(&json!({
        "format": "hftbacktest-npz",
        "sources": [source.provenance()],
        "tick_size": options.tick_size.to_string(),
        "lot_size": options.lot_size.to_string(),
    }))
}

struct Array {
    recorder: Recorder,
    instr: u16,
    tick: f64,
    lot: f64,
}

/// Farthest from a whole number of ticks or lots.
const OFF_GRID: f64 = 1e-3;

impl Array {
    /// Rows of the exchange by time; each that is not local too must have its local row.
    fn exchange_rows(&mut self, rows: &[Row]) -> Result<Vec<usize>, Error> {
        let mut unpaired: HashMap<[u64; 5], i64> = HashMap::new();
        let mut order = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            self.recorder.at_row(i as u64)?;
            match (row.ev & EXCHANGE != 0, row.ev & LOCAL != 0) {
                (true, true) => order.push(i),
                (true, false) => {
                    order.push(i);
                    *unpaired.entry(row.identity()).or_default() += 1;
                }
                (false, true) => *unpaired.entry(row.identity()).or_default() -= 1,
                (false, false) => self.recorder.quality.other_types += 1,
            }
        }
        let without: u64 = unpaired.values().map(|n| n.unsigned_abs()).sum();
        for _ in 0..without {
            let expected = "an exchange row for each local row";
            self.recorder.fault(|q| &mut q.mismatches, "ev", expected, format_args!("{without} without"))?;
        }
        order.sort_by_key(|&i| rows[i].exch_ts);
        Ok(order)
    }

    fn event(&mut self, row: &Row) -> Result<(), Error> {
        let latency = row.local_ts.checked_sub(row.exch_ts).filter(|_| row.exch_ts >= 0 && row.local_ts >= 0);
        let Some(latency) = latency else {
            let place = self.recorder.place();
            return Err(Error::data(
                place,
                "exch_ts and local_ts",
                "0 or more",
                row.exch_ts.min(row.local_ts),
            ));
        };
        let stamp = Stamp { ts: row.exch_ts, latency, flags: 0 };
        let side = match (row.ev & BUY != 0, row.ev & SELL != 0) {
            (true, false) => Some(Side::Buy),
            (false, true) => Some(Side::Sell),
            _ => None,
        };
        match (row.ev & 0xff, side) {
            (1, Some(side)) => self.quoted(row, stamp, Kind::Level, side),
            (4, Some(side)) => self.quoted(row, stamp.with(flag::SNAPSHOT), Kind::Level, side),
            (5, Some(side)) => self.quoted(row, stamp, Kind::Bbo, side),
            (2, Some(side)) => self.quoted(row, stamp, Kind::Trade, side),
            (3, side) => self.clear(row, stamp, side),
            (kind @ (1 | 2 | 4 | 5), None) => {
                let place = self.recorder.place();
                Err(Error::data(place, "ev", "the bit of one side", format_args!("kind {kind} without")))
            }
            (10..=13, _) => {
                let place = self.recorder.place();
                Err(Error::data(place, "ev", "kinds of level data, 1 to 5", row.ev & 0xff))
            }
            _ => {
                self.recorder.quality.other_types += 1;
                Ok(())
            }
        }
    }

    fn quoted(&mut self, row: &Row, stamp: Stamp, kind: Kind, side: Side) -> Result<(), Error> {
        let (Some(tick), Some(lots)) =
            (self.count(row.px, self.tick, "px")?, self.count(row.qty, self.lot, "qty")?)
        else {
            return Ok(());
        };
        let tick = self.recorder.relative(self.instr, tick)?;
        self.recorder.plain(stamp, kind, self.instr, side_flags(side), tick, lots.cast_unsigned())
    }

    /// How many units; a fault and None where it is off the grid.
    fn count(&mut self, value: f64, unit: f64, field: &'static str) -> Result<Option<i64>, Error> {
        let units = value / unit;
        // Above 2^52 there are no fractions left to judge.
        if !(0.0..=4_503_599_627_370_496.0).contains(&units) {
            return Err(Error::data(self.recorder.place(), field, "0 to 2^52 units, finite", value));
        }
        let whole = libm::round(units);
        if (units - whole).abs() > OFF_GRID {
            self.recorder.fault(|q| &mut q.off_grid, field, "a multiple of its unit", value)?;
            return Ok(None);
        }
        Ok(Some(whole as i64))
    }

    /// Levels leave: of a side those from the best to the price given, or all where that is no price.
    fn clear(&mut self, row: &Row, stamp: Stamp, side: Option<Side>) -> Result<(), Error> {
        let Some(side) = side else {
            return self.recorder.plain(stamp, Kind::Clear, self.instr, 0, 0, 0);
        };
        let upto = if row.px.is_finite() { self.count(row.px, self.tick, "px")? } else { None };
        let base = self.recorder.base(self.instr);
        while let Some((tick, _)) = self.recorder.best(self.instr, side) {
            let absolute = base + i64::from(tick);
            let beyond = upto.is_some_and(|upto| match side {
                Side::Buy => absolute < upto,
                Side::Sell => absolute > upto,
            });
            if beyond {
                break;
            }
            self.recorder.plain(stamp, Kind::Level, self.instr, side_flags(side), tick, 0)?;
        }
        Ok(())
    }
}
