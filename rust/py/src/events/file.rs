//! An event file for Python: header, columns, touches, check.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_feed::map::Access;
use quantrl_feed::{
    Bbo, Event, Instrument, Kind, OpenOptions, RECV_UNKNOWN, Touch, check, received, stylised_facts,
};

use super::replay::EventReplay;
use super::watch::watched;
use crate::bar::choose;
use crate::columns::lots_of;
use crate::errors::{config_error, feed_error};

const ACCESS: [(&str, Access); 3] = [("auto", Access::Auto), ("read", Access::Read), ("map", Access::Map)];

/// Events between two looks at signals.
const CHUNK: u64 = 1 << 20;

/// An open event file.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct EventFile(Arc<quantrl_feed::EventFile>);

impl EventFile {
    /// Around a file that is open already.
    pub fn of(file: quantrl_feed::EventFile) -> Self {
        Self(Arc::new(file))
    }

    /// The file, for whoever reads it in Rust.
    pub fn shared(&self) -> &Arc<quantrl_feed::EventFile> {
        &self.0
    }
}

fn instrument<'py>(py: Python<'py>, row: &Instrument) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("symbol", &row.symbol)?;
    for (name, size) in
        [("tick_size", row.tick_size), ("lot_size", row.lot_size), ("multiplier", row.multiplier)]
    {
        dict.set_item(name, (size.num, size.den))?;
    }
    dict.set_item("step", row.step)?;
    dict.set_item("base_tick", row.base_tick)?;
    dict.set_item("max_live", row.max_live)?;
    dict.set_item("inverse", row.inverse)?;
    Ok(dict)
}

#[pymethods]
impl EventFile {
    #[new]
    #[pyo3(signature = (path, *, access, verify))]
    fn new(py: Python<'_>, path: PathBuf, access: &str, verify: bool) -> PyResult<Self> {
        let options = OpenOptions { access: choose("access", &ACCESS, access)?, verify };
        watched(py, None, || quantrl_feed::EventFile::open(&path, options)).map(|file| Self(Arc::new(file)))
    }

    fn __len__(&self) -> usize {
        self.0.len() as usize
    }

    fn header<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let header = self.0.header();
        let dict = PyDict::new(py);
        dict.set_item("level", header.level)?;
        dict.set_item("events", header.events)?;
        dict.set_item("first_ts_ns", header.first_ts)?;
        dict.set_item("last_ts_ns", header.last_ts)?;
        dict.set_item("recv_unit_ns", header.recv_unit_ns)?;
        dict.set_item("checkpoint_every", header.checkpoint_every)?;
        dict.set_item("checkpoints", header.checkpoints)?;
        dict.set_item("keeps_ids", self.0.id(0).is_some())?;
        let hash: String = header.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        dict.set_item("sha256", hash)?;
        Ok(dict)
    }

    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.0.instruments().iter().map(|row| instrument(py, row)).collect()
    }

    /// JSON objects of the converter: quality, then provenance.
    fn told(&self) -> (String, String) {
        (self.0.quality().to_string(), self.0.provenance().to_string())
    }

    /// Events of each kind by number, and those of no kind at 0.
    fn kinds(&self, py: Python<'_>) -> Vec<u64> {
        py.detach(|| {
            let mut counts = vec![0; Kind::ALL.len() + 1];
            self.0.iter().for_each(|event| counts[Kind::of(event.kind).map_or(0, |kind| kind as usize)] += 1);
            counts
        })
    }

    fn columns<'py>(&self, py: Python<'py>, start: usize, stop: usize) -> PyResult<Bound<'py, PyDict>> {
        let events = self.0.events().get(start..stop).ok_or_else(|| {
            config_error(format!("start, stop: expected 0 to {}, got {start}, {stop}", self.0.len()))
        })?;
        let unit = self.0.header().recv_unit_ns;
        let bases: Vec<i64> = self.0.instruments().iter().map(|row| row.base_tick).collect();
        let at = |event: Event| match event.recv {
            RECV_UNKNOWN => i64::MIN,
            recv => received(event.ts_exch, recv, unit),
        };
        let tick = |event: Event| {
            let base = bases.get(usize::from(event.instr)).copied().unwrap_or(0);
            base.wrapping_add(i64::from(event.tick))
        };
        let dict = PyDict::new(py);
        dict.set_item("ts", of(py, events, |event| event.ts_exch))?;
        dict.set_item("received", of(py, events, at))?;
        dict.set_item("kind", of(py, events, |event| event.kind))?;
        dict.set_item("flags", of(py, events, |event| event.flags))?;
        dict.set_item("instr", of(py, events, |event| event.instr))?;
        dict.set_item("slot", of(py, events, |event| event.slot))?;
        dict.set_item("tick", of(py, events, tick))?;
        dict.set_item("qty", of(py, events, |event| event.lots()))?;
        dict.set_item("aux", of(py, events, |event| event.aux))?;
        if self.0.id(0).is_some() {
            let ids: Vec<u64> = (start..stop).map(|at| self.0.id(at as u64).unwrap_or(0)).collect();
            dict.set_item("order", ids.into_pyarray(py))?;
        }
        Ok(dict)
    }

    fn bbo<'py>(&self, py: Python<'py>, instrument: u16) -> PyResult<Bound<'py, PyDict>> {
        let mut bbo = Bbo::new(Arc::clone(&self.0), instrument).map_err(feed_error)?;
        let mut touches: Vec<Touch> = Vec::new();
        while py.detach(|| bbo.run(CHUNK, &mut touches)).map_err(feed_error)? {
            py.check_signals()?;
        }
        let base = self.0.instruments()[usize::from(instrument)].base_tick;
        let dict = PyDict::new(py);
        let times = |at: fn(&Touch) -> i64| touches.iter().map(at).collect::<Vec<_>>().into_pyarray(py);
        dict.set_item("ts_ns", times(|touch| touch.ts))?;
        dict.set_item("received_ns", times(|touch| touch.received))?;
        type Get = fn(&Touch) -> Option<(i32, u64)>;
        let sides: [(&str, Get); 2] = [("bid", |touch| touch.bid), ("ask", |touch| touch.ask)];
        for (name, get) in sides {
            let best = || touches.iter().map(get);
            let ticks: Vec<i64> = best().map(|b| b.map_or(0, |(tick, _)| base + i64::from(tick))).collect();
            let lots: Vec<i64> = best().map(|b| b.map_or(0, |(_, lots)| lots_of(lots))).collect();
            let there: Vec<bool> = best().map(|b| b.is_some()).collect();
            dict.set_item(format!("{name}_ticks"), ticks.into_pyarray(py))?;
            dict.set_item(format!("{name}_lots"), lots.into_pyarray(py))?;
            dict.set_item(format!("{name}_there"), there.into_pyarray(py))?;
        }
        Ok(dict)
    }

    /// Counts of a whole replay; `told` is called with the events replayed, ten times a second.
    #[pyo3(signature = (*, told=None))]
    fn check(&self, py: Python<'_>, told: Option<Py<PyAny>>) -> PyResult<Vec<(&'static str, u64)>> {
        let quality = watched(py, told.as_ref(), || check(&self.0))?;
        Ok(quality.counts().collect())
    }

    /// Measures of an instrument, as `check` tells how far it is.
    #[pyo3(signature = (instrument, interval_ns, *, told=None))]
    fn stylised_facts<'py>(
        &self,
        py: Python<'py>,
        instrument: u16,
        interval_ns: i64,
        told: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let facts = watched(py, told.as_ref(), || stylised_facts(&self.0, instrument, interval_ns))?;
        let dict = PyDict::new(py);
        for (name, count) in [("adds", facts.adds), ("cancels", facts.cancels), ("trades", facts.trades)] {
            dict.set_item(name, count)?;
        }
        for (name, value) in [
            ("seconds", facts.seconds),
            ("spread_ticks", facts.spread_ticks),
            ("one_tick_share", facts.one_tick_share),
            ("touch_lots", facts.touch_lots),
            ("volatility_ticks", facts.volatility_ticks),
            ("excess_kurtosis", facts.excess_kurtosis),
            ("change_autocorrelation", facts.change_autocorrelation),
            ("size_autocorrelation", facts.size_autocorrelation),
            ("variance_ratio", facts.variance_ratio),
            ("sign_autocorrelation", facts.sign_autocorrelation),
        ] {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    fn replay(&self) -> EventReplay {
        EventReplay::new(Arc::clone(&self.0))
    }
}

fn of<'py, T: numpy::Element>(
    py: Python<'py>,
    events: &[[u8; Event::SIZE]],
    get: impl Fn(Event) -> T + Sync,
) -> Bound<'py, numpy::PyArray1<T>> {
    let values = py.detach(|| events.iter().map(|bytes| get(Event::of_bytes(bytes))).collect::<Vec<T>>());
    values.into_pyarray(py)
}
