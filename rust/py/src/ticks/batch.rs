//! Many sessions for Python, stepped in one call into arrays of the caller.

use std::sync::{Mutex, PoisonError};

use numpy::{Element, PyArray, PyArray1, PyArrayMethods, PyReadwriteArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use quantrl_sim::tick::Session;
use quantrl_sim::tick::batch::{Batch, Outputs, Row};
use quantrl_sim::tick::own::Own;

use super::plan::TickPlan;
use super::refused;
use crate::book::locked;
use crate::errors::config_error;

/// Sessions that share nothing that changes.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct TickBatch(Mutex<Batch<Own>>);

type Out<'py, T> = Bound<'py, PyArray1<T>>;

fn writable<'py, T: Element>(
    name: &str,
    out: &Out<'py, T>,
) -> PyResult<PyReadwriteArray<'py, T, numpy::Ix1>> {
    if !out.is_c_contiguous() {
        return Err(config_error(format!("{name}: expected a contiguous array")));
    }
    let array: &Bound<'py, PyArray<T, numpy::Ix1>> = out;
    array.try_readwrite().map_err(|_| config_error(format!("{name}: expected a writable array of its own")))
}

#[pymethods]
impl TickBatch {
    /// Session i runs `plans[i % len]` with stream i.
    #[new]
    fn new(py: Python<'_>, plans: Vec<Py<TickPlan>>, n: usize, threads: usize) -> PyResult<Self> {
        if plans.is_empty() || n == 0 {
            return Err(config_error("files, n: expected at least one, got none"));
        }
        let plans: Vec<&TickPlan> = plans.iter().map(Py::get).collect();
        let made = py.detach(|| {
            let one = |i: usize| {
                let plan = plans[i % plans.len()];
                Session::new(&plan.plan, i as u64, plan.venue())
            };
            Batch::new((0..n).map(one).collect::<Result<Vec<_>, _>>()?, threads)
        });
        made.map(|batch| Self(Mutex::new(batch))).map_err(refused)
    }

    /// All arrays flat: rows of 32 bytes, depth, account, references, ends.
    #[allow(clippy::too_many_arguments)]
    fn step(
        &self,
        py: Python<'_>,
        actions: &Out<'_, u8>,
        dt: i64,
        depth: &Out<'_, i64>,
        account: &Out<'_, i64>,
        refs: &Out<'_, u64>,
        done: &Out<'_, u8>,
    ) -> PyResult<()> {
        let actions =
            actions.try_readonly().map_err(|_| config_error("actions: expected a readable array"))?;
        let actions = actions.as_slice().map_err(|_| config_error("actions: expected a contiguous array"))?;
        let (mut depth, mut account) = (writable("depth_out", depth)?, writable("account_out", account)?);
        let (mut refs, mut done) = (writable("refs_out", refs)?, writable("done_out", done)?);
        let mut out = Outputs {
            depth: depth.as_slice_mut().expect("contiguity was checked"),
            account: account.as_slice_mut().expect("contiguity was checked"),
            refs: refs.as_slice_mut().expect("contiguity was checked"),
            done: done.as_slice_mut().expect("contiguity was checked"),
        };
        let (rows, _) = actions.as_chunks::<{ Row::SIZE }>();
        let step = || self.0.lock().unwrap_or_else(PoisonError::into_inner).step(rows, dt, &mut out);
        py.detach(step).map_err(refused)
    }

    /// Hash of every session.
    fn hashes(&self, py: Python<'_>) -> Vec<u64> {
        locked(py, &self.0, |batch| batch.sessions().iter().map(Session::hash).collect())
    }

    /// The session of a number as it is now, on its own from then on.
    fn snapshot<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        let bytes = locked(py, &self.0, |batch| batch.sessions().get(number).map(Session::snapshot));
        let bytes = bytes.ok_or_else(|| config_error(format!("session: no number {number}")))?;
        Ok(pyo3::types::PyBytes::new(py, &bytes))
    }
}
