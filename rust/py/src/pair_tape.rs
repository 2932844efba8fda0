//! `rust/env/src/pair/tape` for Python: two recorded books as every environment on them shares them.

use std::sync::Arc;

use numpy::ndarray::{Array1, Array2, Array3};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_env::pair::tape::{LEVELS, Source, Stage, Tape, Timing};

use crate::errors::{config_error, env_error};
use crate::events::EventFile;
use crate::pair_env::PairSettings;

/// What each decision sees and each order meets, read once.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PairTape(Arc<Tape>);

impl PairTape {
    /// The rows between two shares of it.
    pub fn staged(&self, segment: (f64, f64)) -> PyResult<Arc<Stage>> {
        Stage::new(Arc::clone(&self.0), segment).map(Arc::new).map_err(env_error)
    }
}

#[pymethods]
impl PairTape {
    /// `files`: two of one instrument, or one of two.
    #[new]
    #[pyo3(signature = (settings, files, *, dt_ns, feed_ns, gap_ns))]
    fn new(
        py: Python<'_>,
        settings: &PairSettings,
        files: Vec<PyRef<'_, EventFile>>,
        dt_ns: i64,
        feed_ns: Option<i64>,
        gap_ns: i64,
    ) -> PyResult<Self> {
        if dt_ns < 1 || gap_ns < 1 || feed_ns.is_some_and(|feed| feed < 0) {
            return Err(config_error(format!(
                "dt_ns, feed_ns, gap_ns: expected at least 1, 0 and 1, got {dt_ns}, {feed_ns:?}, {gap_ns}"
            )));
        }
        let timing = Timing { dt_ns, feed_ns, gap_ns };
        let files: Vec<_> = files.iter().map(|file| Arc::clone(file.shared())).collect();
        let counts: Vec<usize> = files.iter().map(|file| file.instruments().len()).collect();
        let sources = match (files.as_slice(), counts.as_slice()) {
            ([one], [2]) => [0, 1].map(|instr| Source { file: Arc::clone(one), instr }),
            ([one, two], [1, 1]) => [one, two].map(|file| Source { file: Arc::clone(file), instr: 0 }),
            _ => {
                return Err(config_error(format!(
                    "events: expected two files of one instrument or one of two, got instruments {counts:?}"
                )));
            }
        };
        let settings = &settings.0;
        py.detach(|| Tape::new(sources, &timing, settings))
            .map(|tape| Self(Arc::new(tape)))
            .map_err(env_error)
    }

    fn __len__(&self) -> usize {
        self.0.rows.len()
    }

    /// What each decision sees: ts_ns, x, z, beta (n,), quotes (n, 2, 2) bid and ask of each leg in quanta of a lot.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rows = &self.0.rows;
        let dict = PyDict::new(py);
        dict.set_item("ts_ns", Array1::from_iter(rows.iter().map(|row| row.ts)).into_pyarray(py))?;
        for (name, get) in [("x", 0), ("z", 1), ("beta", 2)] {
            let values = rows.iter().map(|row| [row.x, row.z, row.beta][get]);
            dict.set_item(name, Array1::from_iter(values).into_pyarray(py))?;
        }
        let cells = rows.iter().flat_map(|row| row.quotes).flat_map(|quote| [quote.bid, quote.ask]).collect();
        let quotes = Array3::from_shape_vec((rows.len(), 2, 2), cells).expect("two prices of two legs a row");
        dict.set_item("quotes", quotes.into_pyarray(py))?;
        Ok(dict)
    }

    /// (n, market) what observations show of the market.
    fn columns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f32>> {
        let n = self.0.rows.len();
        let cells: Vec<f32> = (0..n).flat_map(|row| self.0.columns(row)).copied().collect();
        Array2::from_shape_vec((n, cells.len() / n), cells).expect("whole rows").into_pyarray(py)
    }

    /// Books of a leg, change after change: ts_ns, seen_ns (m,), ticks and lots (m, 2, 5), bids first; 0 lots is no level.
    fn touches<'py>(&self, py: Python<'py>, leg: usize) -> PyResult<Bound<'py, PyDict>> {
        let Some(log) = self.0.logs.get(leg) else {
            return Err(config_error(format!("leg: expected 0 or 1, got {leg}")));
        };
        let (m, base) = (log.touches.len(), self.0.money.base[leg]);
        let ts = Array1::from_iter(log.touches.iter().map(|touch| touch.ts)).into_pyarray(py);
        let levels = || log.touches.iter().flat_map(|touch| touch.sides).flatten();
        let shape = (m, 2, LEVELS);
        let ticks = levels().map(|level| base + i64::from(level.tick)).collect();
        let lots = levels().map(|level| i64::from(level.lots)).collect();
        let cube = |cells| Array3::from_shape_vec(shape, cells).expect("five levels of two sides a row");
        let dict = PyDict::new(py);
        dict.set_item("ts_ns", ts)?;
        dict.set_item("seen_ns", Array1::from_vec(log.seen.clone()).into_pyarray(py))?;
        dict.set_item("ticks", cube(ticks).into_pyarray(py))?;
        dict.set_item("lots", cube(lots).into_pyarray(py))?;
        Ok(dict)
    }

    /// Rows of a part that are served, a range a session.
    fn runs(&self, segment: (f64, f64)) -> PyResult<Vec<(usize, usize)>> {
        Ok(self.staged(segment)?.runs.iter().map(|run| (run.start, run.end)).collect())
    }

    /// Rows at the start of a session that are not served.
    #[getter]
    fn warm_up(&self) -> usize {
        self.0.warm_up
    }

    /// Decisions at which a leg was not whole.
    #[getter]
    fn broken(&self) -> usize {
        self.0.broken
    }

    /// Quote currency of a quantum, and quanta of a tick of a lot of each leg.
    #[getter]
    fn money(&self) -> (f64, [i64; 2]) {
        (self.0.money.quantum, self.0.money.worth)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PairTape>()
}
