//! A replay for Python.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use quantrl_feed::{Error, EventFile, Replay};
use quantrl_lob::Side;

use crate::book::locked;
use crate::columns::{DepthOut, fill_side, writable};
use crate::errors::{config_error, feed_error};

type Shared = Replay<Arc<EventFile>>;

/// Events between two looks at signals.
const CHUNK: u64 = 1 << 20;

/// The books of a file at some event.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct EventReplay(Mutex<Shared>);

impl EventReplay {
    pub fn new(file: Arc<EventFile>) -> Self {
        Self(Mutex::new(Replay::new(file)))
    }

    /// Apply events with `go` until `to` have been applied, `CHUNK` at a time.
    fn apply_to(
        &self,
        py: Python<'_>,
        to: u64,
        go: fn(&mut Shared, u64) -> Result<(), Error>,
    ) -> PyResult<()> {
        loop {
            let arrived = py.detach(|| {
                let mut replay = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let next = to.min(replay.at().saturating_add(CHUNK));
                go(&mut replay, next).map(|()| replay.at() >= to.min(replay.file().len()))
            });
            if arrived.map_err(feed_error)? {
                return Ok(());
            }
            py.check_signals()?;
        }
    }

    fn instr(&self, py: Python<'_>, instrument: usize) -> PyResult<i64> {
        locked(py, &self.0, |replay| {
            let rows = replay.file().instruments();
            rows.get(instrument).map(|row| row.base_tick).ok_or(rows.len())
        })
        .map_err(|count| config_error(format!("instrument: expected below {count}, got {instrument}")))
    }
}

#[pymethods]
impl EventReplay {
    fn seek(&self, py: Python<'_>, event: u64) -> PyResult<()> {
        locked(py, &self.0, |replay| replay.approach(event)).map_err(feed_error)?;
        self.apply_to(py, event, Shared::jump_to)
    }

    fn seek_time(&self, py: Python<'_>, ts: i64) -> PyResult<()> {
        let to = locked(py, &self.0, |replay| replay.file().at_ts(ts));
        self.seek(py, to)
    }

    /// Events applied.
    fn step(&self, py: Python<'_>, events: u64) -> PyResult<u64> {
        let before = self.at(py);
        self.apply_to(py, before.saturating_add(events), Shared::run_to)?;
        Ok(self.at(py) - before)
    }

    #[getter]
    fn at(&self, py: Python<'_>) -> u64 {
        locked(py, &self.0, |replay| replay.at())
    }

    /// Exchange time of the last event applied.
    #[getter]
    fn ts_ns(&self, py: Python<'_>) -> Option<i64> {
        locked(py, &self.0, |replay| {
            replay.at().checked_sub(1).and_then(|at| replay.file().get(at)).map(|event| event.ts_exch)
        })
    }

    fn best(&self, py: Python<'_>, instrument: usize) -> PyResult<(Option<i64>, Option<i64>)> {
        let base = self.instr(py, instrument)?;
        let [bid, ask] =
            locked(py, &self.0, |replay| Side::BOTH.map(|side| replay.books().best(instrument, side)));
        let absolute = |best: Option<(i32, u64)>| best.map(|(tick, _)| base.wrapping_add(i64::from(tick)));
        Ok((absolute(bid), absolute(ask)))
    }

    fn depth(&self, py: Python<'_>, out: &DepthOut<'_>, instrument: usize) -> PyResult<()> {
        let base = self.instr(py, instrument)?;
        let mut out = writable(out)?;
        let cells = out.as_slice_mut().expect("contiguity was checked");
        locked(py, &self.0, |replay| {
            let (bids, asks) = cells.split_at_mut(cells.len() / 2);
            for (side, half) in [(Side::Buy, bids), (Side::Sell, asks)] {
                let levels = replay.books().depth(instrument, side);
                fill_side(half, levels.map(|(tick, lots)| (base.wrapping_add(i64::from(tick)), lots)));
            }
        });
        Ok(())
    }

    fn hash(&self, py: Python<'_>) -> u64 {
        locked(py, &self.0, |replay| replay.books().state_hash())
    }
}
