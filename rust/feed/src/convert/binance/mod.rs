//! Binance as recorded: one line = receive time in ns, a space, a JSON message of the combined or plain streams.
//!
//! Depth updates and snapshots become level events, trades trades. Best quotes are compared with the book wherever
//! both name the same update. Events are sorted by exchange time; groups stay whole.

mod collect;
mod message;
mod raw;
mod sequence;

use quantrl_lob::Side;
use serde_json::json;

use crate::Instrument;
use crate::convert::inflate::unpacked;
use crate::convert::recorder::{Recorder, Stamp};
use crate::convert::{Options, Report, Source};
use crate::decimal::Decimal;
use crate::error::Error;
use crate::event::{Kind, flag};
use crate::file::Target;
use collect::Collected;
use message::Grid;
use raw::{Quote, Raw};

/// Which of the venue's two sets of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// Spot.
    Spot,
    /// USDT- and coin-margined futures.
    Futures,
}

/// What the file does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Binance {
    /// Market.
    pub market: Market,
    /// Price of a tick.
    pub tick_size: Decimal,
    /// Size of a lot.
    pub lot_size: Decimal,
    /// Symbol; by default the one the messages name.
    pub symbol: Option<String>,
    /// Common options.
    pub common: Options,
}

impl Binance {
    fn grid(&self) -> Grid {
        Grid { tick: self.tick_size, lot: self.lot_size }
    }
}

/// Convert one file.
///
/// # Errors
/// A malformed line, messages of two symbols, or too many faults; nothing is written then.
pub fn convert(source: Source<'_>, target: Target<'_>, options: &Binance) -> Result<Report, Error> {
    converted(source, target, options).map_err(|error| error.in_file(source.name))
}

fn converted(source: Source<'_>, target: Target<'_>, options: &Binance) -> Result<Report, Error> {
    let bytes = unpacked(source.bytes, &options.common.limits)?;
    let mut recorder = Recorder::new(target, 2, &options.common)?;
    let mut all = Collected::of_lines(&bytes, options, &mut recorder)?;
    drop(bytes);
    let named = all.symbol.as_ref().map(|symbol| String::from_utf8_lossy(symbol).into_owned());
    let symbol = options.symbol.clone().or(named).unwrap_or_else(|| "UNKNOWN".into());
    let instr = recorder.instrument(Instrument::new(&symbol, options.tick_size, options.lot_size))?;
    all.raw.sort_by_key(|raw| raw.ts);
    all.quotes.sort_by_key(|quote| quote.update);
    let mut quotes = &all.quotes[..];
    for raw in &all.raw {
        record(&mut recorder, instr, raw)?;
        if raw.update > 0 {
            let behind = quotes.partition_point(|quote| quote.update < raw.update);
            quotes = &quotes[behind..];
            let same = quotes.iter().take_while(|quote| quote.update == raw.update);
            same.for_each(|quote| compare(&mut recorder, instr, quote));
        }
    }
    recorder.finish(&json!({
        "format": match options.market { Market::Spot => "binance-spot", Market::Futures => "binance-futures" },
        "sources": [source.provenance()],
        "tick_size": options.tick_size.to_string(),
        "lot_size": options.lot_size.to_string(),
    }))
}

fn record(recorder: &mut Recorder, instr: u16, raw: &Raw) -> Result<(), Error> {
    recorder.back_at(raw.row)?;
    let latency = raw.received.saturating_sub(raw.ts);
    let stamp = Stamp { ts: raw.ts, latency, flags: 0 };
    let tick = match raw.kind {
        Kind::Level | Kind::Trade => recorder.relative(instr, raw.tick)?,
        _ => 0,
    };
    recorder.plain(stamp, raw.kind, instr, raw.flags, tick, raw.lots)?;
    if raw.flags & flag::LAST != 0 {
        recorder.end_group(instr);
    }
    Ok(())
}

/// Compare a quote with the book after the same update.
fn compare(recorder: &mut Recorder, instr: u16, quote: &Quote) {
    let base = recorder.base(instr);
    let best = |side| {
        let best = recorder.best(instr, side);
        best.map_or((0, 0), |(tick, lots)| (base + i64::from(tick), lots))
    };
    let equal = (best(Side::Buy), best(Side::Sell)) == (quote.bid, quote.ask);
    recorder.quality.bbo_checked += 1;
    recorder.quality.bbo_equal += u64::from(equal);
}
