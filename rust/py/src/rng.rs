//! `rust/rng` for Python: the channel table, one block, the normal quantile.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_rng::{Channel, normal_quantile as quantile, philox4x64};

use crate::errors::data_error;

#[pyfunction]
fn rng_channels(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let table = PyDict::new(py);
    for (name, channel) in Channel::TABLE {
        table.set_item(name, channel as u64)?;
    }
    Ok(table)
}

#[pyfunction]
fn philox_block(seed: u64, stream: u64, counter: [u64; 4]) -> (u64, u64, u64, u64) {
    philox4x64([seed, stream], counter).into()
}

#[pyfunction]
fn normal_quantile<'py>(
    py: Python<'py>,
    probabilities: PyReadonlyArray1<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let p = probabilities.as_slice().map_err(|_| data_error("probabilities: expected a contiguous array"))?;
    let z: Vec<f64> = py.detach(|| p.iter().map(|&p| quantile(p)).collect());
    Ok(z.into_pyarray(py))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(rng_channels, m)?)?;
    m.add_function(wrap_pyfunction!(philox_block, m)?)?;
    m.add_function(wrap_pyfunction!(normal_quantile, m)?)
}
