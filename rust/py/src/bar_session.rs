//! `rust/sim/bar/session` for Python.

use std::sync::Mutex;

use numpy::{IntoPyArray, Ix1, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use quantrl_sim::bar;
use quantrl_sim::bar::brokerage::Carry;

use crate::bar::{BarConfig, set_fills, to_py};
use crate::bar_terms::{BarTerms, Told};
use crate::stats::arrays::cells;

type Row<'py> = PyReadonlyArray1<'py, f64>;

/// One account, stepped bar by bar; equal to `bar_weights` bit for bit.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct BarAccount(Mutex<bar::Session>);

impl BarAccount {
    fn with<T>(&self, body: impl FnOnce(&mut bar::Session) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[pymethods]
impl BarAccount {
    #[new]
    #[pyo3(signature = (config, terms=None))]
    fn new(config: &BarConfig, terms: Option<&BarTerms>) -> PyResult<Self> {
        let session = bar::Session::new(&config.0, terms.map(|terms| &terms.0));
        session.map(|session| Self(Mutex::new(session))).map_err(to_py)
    }

    /// The columns of `bar_weights` after one bar, in its order, carry under terms alone. A microsecond: too short to be worth
    /// releasing the GIL.
    #[pyo3(signature = (close, price, weights=None, *, years=0.0, told=None))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        close: Row<'_>,
        price: Row<'_>,
        weights: Option<Row<'_>>,
        years: f64,
        told: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (close, price) = (cells("close", &close)?, cells("price", &price)?);
        let weights = weights.as_ref().map(|w| cells("weights", w)).transpose()?;
        let (told, years) = (Told::<Ix1>::new(told, &[close.len()])?, [years]);
        let day = told.feed(&years)?;
        let step =
            |s: &mut bar::Session| s.step(close, price, Some(&day), weights).map(|made| (made, s.is_plain()));
        let ((out, carry), is_plain) = self.with(step).map_err(to_py)?;
        let columns = bar::Record::SERIES.map(|(_, of)| of(&out));
        if is_plain {
            return PyTuple::new(py, columns);
        }
        PyTuple::new(
            py,
            columns.into_iter().chain(Carry::SERIES.map(|(_, of)| of(&carry))).collect::<Vec<f64>>(),
        )
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fills = self.with(|s| {
            let (bar, (decided, fills)) = (s.bars().saturating_sub(1) as usize, s.fills());
            fills.iter().map(|fill| (bar, decided, *fill)).collect::<Vec<_>>()
        });
        let dict = PyDict::new(py);
        set_fills(py, &dict, &fills)?;
        Ok(dict)
    }

    fn drops(&self) -> Vec<(usize, &'static str)> {
        self.with(|s| {
            s.drops().iter().map(|d| (d.instrument, bar::DropReason::NAMES[d.reason as usize])).collect()
        })
    }

    fn units<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.with(|s| s.units().to_vec()).into_pyarray(py)
    }

    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.with(|s| s.weights()).into_pyarray(py)
    }

    fn pending<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.with(|s| s.pending().map(<[f64]>::to_vec)).map(|p| p.into_pyarray(py))
    }

    #[getter]
    fn cash(&self) -> f64 {
        self.with(|s| s.cash())
    }

    #[getter]
    fn equity(&self) -> f64 {
        self.with(|s| s.equity())
    }

    #[getter]
    fn n_bars(&self) -> u64 {
        self.with(|s| s.bars())
    }

    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.with(|s| s.state()))
    }

    #[staticmethod]
    #[pyo3(signature = (config, state, terms=None))]
    fn from_state(config: &BarConfig, state: &[u8], terms: Option<&BarTerms>) -> PyResult<Self> {
        let session = bar::Session::from_state(&config.0, terms.map(|terms| &terms.0), state);
        session.map(|session| Self(Mutex::new(session))).map_err(to_py)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<BarAccount>()
}
