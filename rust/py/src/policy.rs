//! `rust/env/policy` for Python.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::ndarray::Array2;
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use quantrl_env::policy::{MarketTable, Policy};

use crate::errors::{data_error, env_error};
use crate::stats::arrays::cells;

/// A trained policy, run without the framework it was trained in.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct NativePolicy {
    policy: Arc<Policy>,
    table: Option<Arc<MarketTable>>,
}

#[pymethods]
impl NativePolicy {
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        let policy = py.detach(|| Policy::load(&folder)).map_err(env_error)?;
        Ok(Self { policy: Arc::new(policy), table: None })
    }

    fn bind(&self, features: PyReadonlyArray3<'_, f32>) -> PyResult<Self> {
        let shape = [features.shape()[0], features.shape()[1], features.shape()[2]];
        let prices = cells("features", &features)?.to_vec();
        let table = MarketTable::new(prices, shape, &self.policy.spec().layout).map_err(env_error)?;
        Ok(Self { policy: self.policy.clone(), table: Some(Arc::new(table)) })
    }

    fn over(&self, n_assets: usize) -> PyResult<Self> {
        Ok(Self { policy: Arc::new(self.policy.over(n_assets).map_err(env_error)?), table: None })
    }

    fn act<'py>(
        &self,
        py: Python<'py>,
        obs: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let layout = &self.policy.spec().layout;
        if obs.shape()[1] != layout.size() {
            return Err(data_error(format!(
                "obs: expected {} columns, got {}",
                layout.size(),
                obs.shape()[1]
            )));
        }
        let rows = cells("obs", &obs)?;
        let actions = py.detach(|| self.policy.act(rows, self.table.as_deref())).map_err(env_error)?;
        let shape = (obs.shape()[0], layout.assets + 1);
        let actions =
            Array2::from_shape_vec(shape, actions).map_err(|error| data_error(error.to_string()))?;
        Ok(actions.into_pyarray(py))
    }

    fn act_window<'py>(
        &self,
        py: Python<'py>,
        window: PyReadonlyArray3<'py, f32>,
        weights: PyReadonlyArray1<'py, f32>,
        stats: PyReadonlyArray1<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let layout = &self.policy.spec().layout;
        let expected = [layout.window, weights.len().saturating_sub(1), layout.features];
        if window.shape() != expected {
            return Err(data_error(format!("window: expected shape {expected:?}, got {:?}", window.shape())));
        }
        let (window, weights) = (cells("window", &window)?, cells("weights", &weights)?);
        let stats = cells("stats", &stats)?;
        let action = py.detach(|| self.policy.act_window(window, weights, stats)).map_err(env_error)?;
        Ok(action.into_pyarray(py))
    }

    fn spec<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (&self.policy.spec().text,))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<NativePolicy>()
}
