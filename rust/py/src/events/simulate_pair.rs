//! Two simulated books around a spread for Python.

use std::path::PathBuf;

use pyo3::prelude::*;
use quantrl_feed::flow::{Anchored, Opening, Paths, Zi, simulate_until};
use quantrl_feed::{Decimal, Error, Instrument, Target};
use quantrl_rng::Key;

use super::convert::EventOptions;
use super::watch::watched;

/// Write two event files of `zi` books that follow P e^(m + x/2) and P e^(m - x/2).
///
/// `rates`: limit orders a tick and side, market orders a side, cancels of each order, per second. `paths`: P in ticks,
/// reversion of x a step, its deviation, deviation of a step of m. `clock`: start, nanoseconds a step, steps. `opening`:
/// levels, orders a level, lots an order, around each leg's first reference.
#[pyfunction]
#[pyo3(signature = (dst, options, *, rates, size, window, pull, paths, clock, seed, symbols, tick_size, lot_size, opening, told=None))]
#[allow(clippy::too_many_arguments)]
pub fn events_simulate_pair(
    py: Python<'_>,
    dst: [PathBuf; 2],
    options: &EventOptions,
    rates: [f64; 3],
    size: u32,
    window: u32,
    pull: f64,
    paths: [f64; 4],
    clock: (i64, i64, u64),
    seed: u64,
    symbols: [String; 2],
    tick_size: &str,
    lot_size: &str,
    opening: (u32, u32, u32),
    told: Option<Py<PyAny>>,
) -> PyResult<()> {
    let [ticks, kappa, s, common] = paths;
    let (start, step, steps) = clock;
    let (levels, orders, lots) = opening;
    watched(py, told.as_ref(), || {
        let (tick_size, lot_size) =
            (Decimal::parse("tick_size", tick_size)?, Decimal::parse("lot_size", lot_size)?);
        let references =
            Paths { ticks, kappa, s, common, start, step, steps }.references(Key { seed, stream: 0 }, 0)?;
        let span = i64::try_from(steps).ok().and_then(|steps| steps.checked_mul(step));
        let until = span
            .and_then(|span| start.checked_add(span))
            .ok_or_else(|| Error::config("steps", "an end before the year 2262", steps))?;
        for (stream, ((reference, dst), symbol)) in (1..).zip(references.into_iter().zip(&dst).zip(&symbols))
        {
            let bid = (reference.ticks()[0] - 0.5).floor() as i32;
            let law = Zi::new(Key { seed, stream }, 0, rates, size, window)?;
            let mut flow = Anchored::new(law, reference, pull)?;
            let instrument = Instrument::new(symbol, tick_size, lot_size);
            let opening = Opening { bid, levels, orders, lots };
            simulate_until(&mut flow, instrument, opening, [start, until], Target::File(dst), &options.0)?;
        }
        Ok::<(), Error>(())
    })
}
