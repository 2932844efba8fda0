//! Converters: files and columns to event files.

use std::path::{Path, PathBuf};

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use quantrl_feed::convert::binance::{Binance, Market};
use quantrl_feed::convert::columns::{self, Columns};
use quantrl_feed::convert::dbn::{self, Dbn};
use quantrl_feed::convert::itch::{self, Itch};
use quantrl_feed::convert::lobster::{self, Lobster};
use quantrl_feed::convert::npz::{self, Npz};
use quantrl_feed::convert::{Day, Limits, Options, Source, binance};
use quantrl_feed::map::{Access, Bytes};
use quantrl_feed::{Decimal, Error, Instrument, RecvOffset, Target};

use super::watch::watched;
use crate::bar::choose;
use crate::columns::{column, optional};

/// What every converter takes.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct EventOptions(pub Options);

#[pymethods]
impl EventOptions {
    #[new]
    #[pyo3(signature = (*, checkpoint_every, keep_ids, recv_offset, strict, max_fault_share, max_line, max_depth, max_events, max_expansion, max_expanded))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        checkpoint_every: u32,
        keep_ids: bool,
        recv_offset: Option<i64>,
        strict: bool,
        max_fault_share: f64,
        max_line: usize,
        max_depth: u32,
        max_events: u64,
        max_expansion: u64,
        max_expanded: u64,
    ) -> Self {
        Self(Options {
            checkpoint_every,
            keep_ids,
            recv_offset: recv_offset.map_or(RecvOffset::Auto, RecvOffset::Nanos),
            strict,
            max_fault_share,
            limits: Limits { max_line, max_depth, max_events, max_expansion, max_expanded },
        })
    }
}

/// What the sources do not say; each format reads what it has a use for.
struct Said {
    tick_size: Option<String>,
    lot_size: Option<String>,
    symbols: Vec<String>,
    date: Option<String>,
    step: Option<u32>,
    common: Options,
}

impl Said {
    fn size(argument: &'static str, text: Option<&String>) -> Result<Decimal, Error> {
        match text {
            Some(text) => Decimal::parse(argument, text),
            None => Err(Error::config(argument, "a decimal such as \"0.01\", for this format", "none")),
        }
    }

    fn sizes(&self) -> Result<(Decimal, Decimal), Error> {
        let tick = Self::size("tick_size", self.tick_size.as_ref())?;
        Ok((tick, Self::size("lot_size", self.lot_size.as_ref())?))
    }

    /// At most one symbol.
    fn symbol(&self) -> Result<Option<String>, Error> {
        match &self.symbols[..] {
            [] => Ok(None),
            [symbol] => Ok(Some(symbol.clone())),
            more => Err(Error::config("symbol", "one, for this format", more.len())),
        }
    }

    fn day(&self) -> Result<Option<Day>, Error> {
        self.date.as_deref().map(Day::parse).transpose()
    }

    fn lobster(&self, name: &str) -> Result<Lobster, Error> {
        let mut options = match (self.day()?, self.symbol()?) {
            (Some(day), Some(symbol)) => Lobster { day, symbol, step: 100, common: self.common },
            (day, symbol) => {
                let named = Lobster::of_name(name, self.common).map_err(|_| {
                    let expected = "date and symbol, where the file is not named SYMBOL_YYYY-MM-DD_...";
                    Error::config("date", expected, name)
                })?;
                Lobster {
                    day: day.unwrap_or(named.day),
                    symbol: symbol.unwrap_or(named.symbol.clone()),
                    ..named
                }
            }
        };
        options.step = self.step.unwrap_or(options.step);
        Ok(options)
    }
}

#[derive(Clone, Copy)]
enum Format {
    Lobster,
    Itch,
    Dbn,
    Binance(Market),
    Npz,
}

const FORMATS: [(&str, Format); 6] = [
    ("lobster", Format::Lobster),
    ("itch", Format::Itch),
    ("dbn", Format::Dbn),
    ("binance-spot", Format::Binance(Market::Spot)),
    ("binance-futures", Format::Binance(Market::Futures)),
    ("hftbacktest", Format::Npz),
];

fn run(format: Format, src: &[PathBuf], dst: &Path, said: &Said) -> Result<(), Error> {
    let contents: Vec<(String, Bytes)> = src
        .iter()
        .map(|path| Ok((path.display().to_string(), Bytes::of_file(path, Access::Auto)?)))
        .collect::<Result<_, Error>>()?;
    let sources: Vec<Source<'_>> = contents.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let (target, common) = (Target::File(dst), said.common);
    let report = match (format, &sources[..]) {
        (Format::Lobster, &[zip]) => lobster::convert_zip(zip, target, &said.lobster(zip.name)?),
        (Format::Lobster, &[message, orderbook]) => {
            lobster::convert(message, orderbook, target, &said.lobster(message.name)?)
        }
        (Format::Itch, &[source]) => {
            let Some(day) = said.day()? else {
                return Err(Error::config("date", "the trading day as YYYY-MM-DD, for this format", "none"));
            };
            itch::convert(source, target, &Itch { day, symbols: said.symbols.clone(), common })
        }
        (Format::Dbn, &[source]) => {
            let tick_size = Said::size("tick_size", said.tick_size.as_ref())?;
            dbn::convert(source, target, &Dbn { tick_size, common })
        }
        (Format::Binance(market), &[source]) => {
            let (tick_size, lot_size) = said.sizes()?;
            let symbol = said.symbol()?;
            binance::convert(source, target, &Binance { market, tick_size, lot_size, symbol, common })
        }
        (Format::Npz, &[source]) => {
            let (tick_size, lot_size) = said.sizes()?;
            let Some(symbol) = said.symbol()? else {
                return Err(Error::config("symbol", "one, for this format", "none"));
            };
            npz::convert(source, target, &Npz { symbol, tick_size, lot_size, common })
        }
        (_, other) => Err(Error::config("src", "one file, or two for lobster", other.len())),
    };
    report.map(|_| ())
}

/// Convert `src` into the event file `dst`; `told` is called with the steps made, ten times a second.
#[pyfunction]
#[pyo3(signature = (format, src, dst, options, *, tick_size, lot_size, symbols, date, step, told=None))]
#[allow(clippy::too_many_arguments)]
pub fn events_convert(
    py: Python<'_>,
    format: &str,
    src: Vec<PathBuf>,
    dst: PathBuf,
    options: &EventOptions,
    tick_size: Option<String>,
    lot_size: Option<String>,
    symbols: Vec<String>,
    date: Option<String>,
    step: Option<u32>,
    told: Option<Py<PyAny>>,
) -> PyResult<()> {
    let format = choose("format", &FORMATS, format)?;
    let said = Said { tick_size, lot_size, symbols, date, step, common: options.0 };
    watched(py, told.as_ref(), || run(format, &src, &dst, &said))
}

/// Write columns of `level` as the event file `dst`.
#[pyfunction]
#[pyo3(signature = (dst, options, *, level, symbols, tick_size, lot_size, ts, kind, flags, tick, qty, received, instr, order, new_order, told=None))]
#[allow(clippy::too_many_arguments)]
pub fn events_of_columns(
    py: Python<'_>,
    dst: PathBuf,
    options: &EventOptions,
    level: u8,
    symbols: Vec<String>,
    tick_size: &str,
    lot_size: &str,
    ts: PyReadonlyArray1<'_, i64>,
    kind: PyReadonlyArray1<'_, u8>,
    flags: PyReadonlyArray1<'_, u8>,
    tick: PyReadonlyArray1<'_, i64>,
    qty: PyReadonlyArray1<'_, u64>,
    received: Option<PyReadonlyArray1<'_, i64>>,
    instr: Option<PyReadonlyArray1<'_, u16>>,
    order: Option<PyReadonlyArray1<'_, u64>>,
    new_order: Option<PyReadonlyArray1<'_, u64>>,
    told: Option<Py<PyAny>>,
) -> PyResult<()> {
    let n = ts.as_array().len();
    let columns = Columns {
        ts: column("ts", &ts, n)?,
        received: optional("received", &received, n)?,
        kind: column("kind", &kind, n)?,
        flags: column("flags", &flags, n)?,
        instr: optional("instr", &instr, n)?,
        order: optional("order", &order, n)?,
        new_order: optional("new_order", &new_order, n)?,
        tick: column("tick", &tick, n)?,
        qty: column("qty", &qty, n)?,
    };
    watched(py, told.as_ref(), || {
        let (tick_size, lot_size) =
            (Decimal::parse("tick_size", tick_size)?, Decimal::parse("lot_size", lot_size)?);
        let instruments: Vec<Instrument> =
            symbols.iter().map(|symbol| Instrument::new(symbol, tick_size, lot_size)).collect();
        columns::convert(&columns, level, &instruments, Target::File(&dst), &options.0).map(|_| ())
    })
}
