//! Plain columns: one entry an event, with the venue's order ids in place of slots.

use serde_json::json;

use crate::Instrument;
use crate::books::side_of;
use crate::convert::recorder::{Recorder, Stamp};
use crate::convert::{Options, Report};
use crate::error::{Error, Place};
use crate::event::{Kind, flag};
use crate::file::{Target, UNKNOWN};

/// The columns. All that are given have the length of `ts`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// Exchange time, ns UTC, not going back.
    pub ts: &'a [i64],
    /// Receive time, ns UTC; `i64::MIN` where it is not known.
    pub received: Option<&'a [i64]>,
    /// Numbers of kinds.
    pub kind: &'a [u8],
    /// Flag bits. Where no event bears `LAST`, each event is a group.
    pub flags: &'a [u8],
    /// Rows of the instrument table; 0 by default.
    pub instr: Option<&'a [u16]>,
    /// Order ids, for kinds 1 to 6.
    pub order: Option<&'a [u64]>,
    /// Order id of the new order, for REPLACE.
    pub new_order: Option<&'a [u64]>,
    /// Price in ticks.
    pub tick: &'a [i64],
    /// Lots; of a STATUS the phase.
    pub qty: &'a [u64],
}

/// Flags that a caller may set; the rest are set here.
const TAKEN: u8 = flag::SNAPSHOT | flag::HIDDEN | flag::SYNTHETIC;

impl Columns<'_> {
    fn check(&self) -> Result<(), Error> {
        let n = self.ts.len();
        let lengths = [
            ("received", self.received.map(<[i64]>::len)),
            ("kind", Some(self.kind.len())),
            ("flags", Some(self.flags.len())),
            ("instr", self.instr.map(<[u16]>::len)),
            ("order", self.order.map(<[u64]>::len)),
            ("new_order", self.new_order.map(<[u64]>::len)),
            ("tick", Some(self.tick.len())),
            ("qty", Some(self.qty.len())),
        ];
        for (name, length) in lengths {
            if let Some(length) = length.filter(|length| *length != n) {
                return Err(Error::config(name, format_args!("{n} entries, as ts"), length));
            }
        }
        Ok(())
    }
}

/// Convert columns of `level` into a file.
///
/// # Errors
/// Columns of different lengths, a row no event can have, or too many faults; nothing is written then.
pub fn convert(
    columns: &Columns<'_>,
    level: u8,
    instruments: &[Instrument],
    target: Target<'_>,
    options: &Options,
) -> Result<Report, Error> {
    columns.check()?;
    let mut recorder = Recorder::new(target, level, options)?;
    for instrument in instruments {
        recorder.instrument(instrument.clone())?;
    }
    let grouped = columns.flags.iter().any(|flags| flags & flag::LAST != 0);
    for i in 0..columns.ts.len() {
        recorder.at_row(i as u64)?;
        let instr = columns.instr.map_or(0, |column| column[i]);
        if usize::from(instr) >= instruments.len() {
            let expected = format_args!("below {}", instruments.len());
            return Err(Error::data(Place::Row(i as u64), "instr", expected, instr));
        }
        row(&mut recorder, columns, level, i, instr)?;
        if !grouped || columns.flags[i] & flag::LAST != 0 {
            recorder.end_group(instr);
        }
    }
    recorder.finish(&json!({"format": "columns", "rows": columns.ts.len()}))
}

fn row(recorder: &mut Recorder, columns: &Columns<'_>, level: u8, i: usize, instr: u16) -> Result<(), Error> {
    let place = recorder.place();
    let bad = |field, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display| {
        Err(Error::data(place, field, expected, got))
    };
    let Some(kind) = Kind::of(columns.kind[i]) else {
        return bad("kind", &"1 to 16", &columns.kind[i]);
    };
    let wrong_level = match kind {
        Kind::Level => level != 2,
        Kind::Bbo => level == 3,
        _ => kind.has_slot() && level != 3,
    };
    if wrong_level {
        return bad("kind", &format_args!("one of level {level}"), &kind.name());
    }
    let (ts, flags) = (columns.ts[i], columns.flags[i]);
    let latency = match columns.received.map(|column| column[i]) {
        None | Some(i64::MIN) => UNKNOWN,
        Some(received) => received.saturating_sub(ts),
    };
    let stamp = Stamp { ts, latency, flags: flags & TAKEN };
    let side = flags & (flag::SELL | flag::SIDE_KNOWN);
    let (tick, lots) = (columns.tick[i], columns.qty[i]);
    if !kind.has_slot() {
        if kind == Kind::Status {
            let phase =
                u32::try_from(lots).map_err(|_| Error::data(place, "qty", "a phase below 2^32", lots))?;
            return recorder.status(stamp, instr, phase);
        }
        if !kind.is_wide() && lots > u64::from(u32::MAX) {
            return bad("qty", &"below 2^32 for this kind", &lots);
        }
        let priced = matches!(kind, Kind::Print | Kind::Level | Kind::Trade | Kind::Bbo | Kind::Cross);
        let tick = if priced { recorder.relative(instr, tick)? } else { 0 };
        return recorder.plain(stamp, kind, instr, side, tick, lots);
    }
    let Some(orders) = columns.order else {
        return Err(Error::config("order", "a column, for kinds 1 to 6", "none"));
    };
    let lots = u32::try_from(lots).map_err(|_| Error::data(place, "qty", "below 2^32", lots))?;
    let id = orders[i];
    if id == 0 {
        return bad("order", &"an id above 0", &id);
    }
    if kind == Kind::Add {
        let tick = recorder.relative(instr, tick)?;
        return recorder.add(stamp, instr, id, side_of(flags), tick, lots);
    }
    let Some(order) = recorder.known(instr, id)? else { return Ok(()) };
    match kind {
        Kind::Delete => recorder.take_off(stamp, order, order.qty, Kind::Delete, None),
        Kind::Reduce => recorder.take_off(stamp, order, lots, Kind::Reduce, None),
        Kind::Exec => {
            let tick = recorder.relative(instr, tick)?;
            recorder.take_off(stamp, order, lots, Kind::Exec, Some(tick))
        }
        Kind::Amend => {
            let tick = recorder.relative(instr, tick)?;
            recorder.amend(stamp, order, tick, lots)
        }
        _ => {
            let Some(new) = columns.new_order.map(|column| column[i]).filter(|new| *new != 0) else {
                return Err(Error::config("new_order", "an id above 0, for REPLACE", "none"));
            };
            let tick = recorder.relative(instr, tick)?;
            recorder.replace(stamp, order, new, tick, lots)
        }
    }
}
