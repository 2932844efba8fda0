//! Flows without an end, a stretch at a time.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quantrl_feed::flow::{Endless, Opening};
use quantrl_feed::{Decimal, Event, Instrument};
use quantrl_rng::Key;

use super::EventFile;
use super::simulate::LAWS;
use crate::bar::choose;
use crate::book::locked;
use crate::errors::feed_error;

/// One flow for each symbol, numbered as its stream, from one start on.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct EventStream {
    run: Mutex<Endless>,
    instruments: Vec<Instrument>,
}

#[pymethods]
impl EventStream {
    /// `rates`, `size` and `window` as in `events_simulate`; `opening`: bid, levels, orders, lots.
    #[new]
    #[pyo3(signature = (flow, *, rates, size, window, seed, start_ns, symbols, tick_size, lot_size, opening))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        flow: &str,
        rates: [f64; 3],
        size: u32,
        window: u32,
        seed: u64,
        start_ns: i64,
        symbols: Vec<String>,
        tick_size: &str,
        lot_size: &str,
        opening: (i32, u32, u32, u32),
    ) -> PyResult<Self> {
        let law = choose("flow", &LAWS, flow)?;
        let (bid, levels, orders, lots) = opening;
        let opening = Opening { bid, levels, orders, lots };
        let made = || {
            let tick = Decimal::parse("tick_size", tick_size)?;
            let lot = Decimal::parse("lot_size", lot_size)?;
            let instruments: Vec<_> =
                symbols.iter().map(|symbol| Instrument::new(symbol, tick, lot)).collect();
            instruments.iter().try_for_each(|row| row.to_bytes().map(drop))?;
            let flows = (0..symbols.len() as u64)
                .map(|stream| Ok((law.flow(Key { seed, stream }, 0, rates, (size, window))?, opening)))
                .collect::<Result<Vec<_>, quantrl_feed::Error>>()?;
            Ok(Self { run: Mutex::new(Endless::new(flows, start_ns)?), instruments })
        };
        made().map_err(feed_error)
    }

    /// Events before a time, as stored, 32 bytes each.
    fn run<'py>(&self, py: Python<'py>, until_ns: i64) -> PyResult<Bound<'py, PyBytes>> {
        let events = locked(py, &self.run, |run| run.run(until_ns)).map_err(feed_error)?;
        let bytes = py.detach(|| events.iter().flat_map(Event::to_bytes).collect::<Vec<u8>>());
        Ok(PyBytes::new(py, &bytes))
    }

    /// Best bid and ask of each instrument, ticks.
    fn bests(&self, py: Python<'_>) -> Vec<(Option<i32>, Option<i32>)> {
        locked(py, &self.run, |run| run.bests().map(|[bid, ask]| (bid, ask)).collect())
    }

    /// Slots that each instrument has needed so far.
    fn most_live(&self, py: Python<'_>) -> Vec<u32> {
        locked(py, &self.run, |run| run.most_live().collect())
    }

    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = locked(py, &self.run, |run| run.save());
        PyBytes::new(py, &bytes)
    }

    fn restore(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        locked(py, &self.run, |run| run.restore(bytes)).map_err(feed_error)
    }

    /// Some of the stream's events as a file; `most_live` as it was after the last of them.
    fn window(
        &self,
        py: Python<'_>,
        events: &[u8],
        first_ns: i64,
        last_ns: i64,
        most_live: Vec<u32>,
    ) -> PyResult<EventFile> {
        let rows = self.instruments.iter().zip(most_live);
        let rows = rows.map(|(row, max_live)| Instrument { max_live, ..row.clone() }).collect();
        let events = events.as_chunks::<{ Event::SIZE }>().0;
        let span = (first_ns, last_ns);
        let made = py.detach(|| quantrl_feed::EventFile::window("stream".into(), rows, events, span));
        made.map(EventFile::of).map_err(feed_error)
    }
}
