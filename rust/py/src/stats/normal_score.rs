//! The default scorer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_stats::NormalScore as Scorer;
use quantrl_stats::normal_score::{FoldError, Saved, Scores};

use super::arrays::cells;
use crate::errors::{config_error, data_error};

#[pyclass(frozen, module = "quantrl._core")]
struct NormalScore {
    scorer: Mutex<Scorer>,
}

fn setting(error: FoldError) -> PyErr {
    config_error(error.to_string())
}

fn round(error: FoldError) -> PyErr {
    if matches!(error, FoldError::TooMany { .. }) { setting(error) } else { data_error(error.to_string()) }
}

impl NormalScore {
    /// A fold checks everything before it changes anything, so a poisoned lock still holds a whole state.
    fn lock(&self) -> MutexGuard<'_, Scorer> {
        self.scorer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl NormalScore {
    #[new]
    #[pyo3(signature = (half_life, target_vol_daily, periods_per_year = 252.0))]
    fn new(half_life: f64, target_vol_daily: f64, periods_per_year: f64) -> PyResult<Self> {
        let scorer = Scorer::new(half_life, target_vol_daily, periods_per_year).map_err(setting)?;
        Ok(Self { scorer: Mutex::new(scorer) })
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().len())
    }

    #[pyo3(signature = (agent, net, acted, elapsed = 1.0, overlap = 1.0))]
    fn fold<'py>(
        &self,
        py: Python<'py>,
        agent: PyReadonlyArray1<'py, u32>,
        net: PyReadonlyArray1<'py, f64>,
        acted: PyReadonlyArray1<'py, u8>,
        elapsed: f64,
        overlap: f64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (agent, net, acted) = (cells("agent", &agent)?, cells("net", &net)?, cells("acted", &acted)?);
        let scaled = py.detach(|| self.lock().fold(agent, net, acted, elapsed, overlap)).map_err(round)?;
        Ok(scaled.into_pyarray(py))
    }

    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Scores { s, v, n_eff, age, acted, share, psr_abs, scale, vol_ann, ready, mean, sd } =
            py.detach(|| self.lock().scores());
        let out = PyDict::new(py);
        for (name, column) in [("s", s), ("v", v), ("n_eff", n_eff), ("share", share), ("psr_abs", psr_abs)] {
            out.set_item(name, column.into_pyarray(py))?;
        }
        for (name, column) in [("scale", scale), ("vol_ann", vol_ann), ("mean", mean), ("sd", sd)] {
            out.set_item(name, column.into_pyarray(py))?;
        }
        out.set_item("age", age.into_pyarray(py))?;
        out.set_item("acted", acted.into_pyarray(py))?;
        out.set_item("ready", ready.into_pyarray(py))?;
        Ok(out)
    }

    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let saved = py.detach(|| self.lock().save());
        let out = PyDict::new(py);
        out.set_item("decay", vec![saved.decay])?;
        out.set_item("target_vol", vec![saved.target_vol])?;
        out.set_item("periods_per_year", vec![saved.periods_per_year])?;
        out.set_item("overlap", vec![saved.overlap])?;
        out.set_item("scores", saved.scores)?;
        out.set_item("scaled", saved.scaled)?;
        out.set_item("calendar", saved.calendar)?;
        out.set_item("age", saved.age)?;
        out.set_item("acted", saved.acted)?;
        out.set_item("window", saved.window)?;
        Ok(out)
    }

    #[staticmethod]
    fn from_state(state: &Bound<'_, PyDict>) -> PyResult<Self> {
        let saved = Saved {
            decay: single(state, "decay")?,
            target_vol: single(state, "target_vol")?,
            periods_per_year: single(state, "periods_per_year")?,
            overlap: single(state, "overlap")?,
            scores: column(state, "scores")?,
            scaled: column(state, "scaled")?,
            calendar: column(state, "calendar")?,
            age: column(state, "age")?,
            acted: column(state, "acted")?,
            window: column(state, "window")?,
        };
        let scorer = Scorer::restore(&saved).map_err(|e| config_error(format!("damaged state: {e}")))?;
        Ok(Self { scorer: Mutex::new(scorer) })
    }
}

fn column<'py, T>(state: &Bound<'py, PyDict>, name: &str) -> PyResult<Vec<T>>
where
    Vec<T>: for<'a> FromPyObject<'a, 'py>,
{
    let damaged = || config_error(format!("damaged state: {name} is missing or not a list of numbers"));
    state.get_item(name)?.ok_or_else(damaged)?.extract().map_err(|_| damaged())
}

fn single(state: &Bound<'_, PyDict>, name: &str) -> PyResult<f64> {
    match column(state, name)?[..] {
        [value] => Ok(value),
        _ => Err(config_error(format!("damaged state: expected one value for {name}"))),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<NormalScore>()
}
