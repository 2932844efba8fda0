//! Simulators of order flow for Python.

use std::path::PathBuf;

use pyo3::prelude::*;
use quantrl_feed::flow::{Cst, Flow, Opening, Span, Zi, simulate};
use quantrl_feed::{Decimal, Error, Instrument, Target};
use quantrl_rng::Key;

use super::convert::EventOptions;
use super::watch::watched;
use crate::bar::choose;

#[derive(Clone, Copy)]
pub enum Law {
    Zi,
    Cst,
}

pub const LAWS: [(&str, Law); 2] = [("zi", Law::Zi), ("cst", Law::Cst)];

impl Law {
    /// `rates` as in `events_simulate`; `sizes`: lots of an order, and ticks of the window.
    pub fn flow(
        self,
        key: Key,
        episode: u64,
        rates: [f64; 3],
        (size, window): (u32, u32),
    ) -> Result<Box<dyn Flow + Send>, Error> {
        Ok(match self {
            Self::Zi => Box::new(Zi::new(key, episode, rates, size, window)?),
            Self::Cst => Box::new(Cst::published(key, episode, rates[0])?),
        })
    }
}

/// Write `messages` messages of a flow alone as the event file `dst`.
///
/// `rates`: of `zi` limit orders, market orders, cancels per second; of `cst` the speed.
#[pyfunction]
#[pyo3(signature = (dst, flow, options, *, rates, size, window, seed, stream, episode, messages, start_ns, symbol, tick_size, lot_size, opening, told=None))]
#[allow(clippy::too_many_arguments)]
pub fn events_simulate(
    py: Python<'_>,
    dst: PathBuf,
    flow: &str,
    options: &EventOptions,
    rates: [f64; 3],
    size: u32,
    window: u32,
    seed: u64,
    stream: u64,
    episode: u64,
    messages: u64,
    start_ns: i64,
    symbol: &str,
    tick_size: &str,
    lot_size: &str,
    opening: (i32, u32, u32, u32),
    told: Option<Py<PyAny>>,
) -> PyResult<()> {
    let law = choose("flow", &LAWS, flow)?;
    let (bid, levels, orders, lots) = opening;
    watched(py, told.as_ref(), || {
        let (tick_size, lot_size) =
            (Decimal::parse("tick_size", tick_size)?, Decimal::parse("lot_size", lot_size)?);
        let key = Key { seed, stream };
        let mut flow = law.flow(key, episode, rates, (size, window))?;
        let span = Span { start: start_ns, messages };
        let opening = Opening { bid, levels, orders, lots };
        let instrument = Instrument::new(symbol, tick_size, lot_size);
        simulate(&mut *flow, instrument, opening, span, Target::File(&dst), &options.0)?;
        Ok::<(), Error>(())
    })
}
