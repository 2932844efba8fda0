//! `rust/env/policy`'s value policies for Python.

use std::path::PathBuf;

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use quantrl_env::policy::{QPolicy, QScratch};

use crate::errors::{data_error, env_error};
use crate::stats::arrays::cells;

/// A trained policy that takes the action of the largest value, run without the framework it was trained in.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct NativeQ {
    policy: QPolicy,
}

#[pymethods]
impl NativeQ {
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        let policy = py.detach(|| QPolicy::load(&folder)).map_err(env_error)?;
        Ok(Self { policy })
    }

    /// (B, A) values of observations (B, D), of actions that are not legal too.
    fn values<'py>(
        &self,
        py: Python<'py>,
        obs: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = self.rows(&obs)?;
        let mut found = Vec::with_capacity(rows.len() / self.policy.inputs() * self.policy.actions());
        py.detach(|| {
            self.each(rows, |scratch, row| {
                self.policy.values(row, scratch)?;
                found.extend_from_slice(&scratch.values);
                Ok(())
            })
        })
        .map_err(env_error)?;
        let shape = (obs.shape()[0], self.policy.actions());
        let values = Array2::from_shape_vec(shape, found).map_err(|error| data_error(error.to_string()))?;
        Ok(values.into_pyarray(py))
    }

    /// (B,) the first of the best legal actions.
    fn act<'py>(
        &self,
        py: Python<'py>,
        obs: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let rows = self.rows(&obs)?;
        let mut found = Vec::with_capacity(obs.shape()[0]);
        py.detach(|| {
            self.each(rows, |scratch, row| {
                found.push(self.policy.act(row, scratch)? as i64);
                Ok(())
            })
        })
        .map_err(env_error)?;
        Ok(found.into_pyarray(py))
    }

    /// `policy.json` as a dict.
    fn spec<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.policy.text(),))
    }
}

impl NativeQ {
    /// The policy.
    pub fn policy(&self) -> &QPolicy {
        &self.policy
    }

    fn rows<'a>(&self, obs: &'a PyReadonlyArray2<'_, f32>) -> PyResult<&'a [f32]> {
        if obs.shape()[1] != self.policy.inputs() {
            let (expected, got) = (self.policy.inputs(), obs.shape()[1]);
            return Err(data_error(format!("obs: expected {expected} columns, got {got}")));
        }
        cells("obs", obs)
    }

    fn each(
        &self,
        rows: &[f32],
        mut of: impl FnMut(&mut QScratch, &[f32]) -> Result<(), quantrl_env::Error>,
    ) -> Result<(), quantrl_env::Error> {
        let mut scratch = QScratch::default();
        for (i, row) in rows.chunks_exact(self.policy.inputs()).enumerate() {
            of(&mut scratch, row).map_err(|error| match error {
                quantrl_env::Error::Data(message) => quantrl_env::Error::Data(format!("row {i}: {message}")),
                other => other,
            })?;
        }
        Ok(())
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<NativeQ>()
}
