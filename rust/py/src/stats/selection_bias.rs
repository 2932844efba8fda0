//! What choosing the best of many does to its figures.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_stats::bootstrap::{Null, centred_p_value as p_value};
use quantrl_stats::multiple;
use quantrl_stats::pbo::{BlockSums, Overfitting};

use super::arrays::{cells, check_finite, finite_column, matrix};
use crate::errors::{config_error, data_error};

const MAX_BLOCKS: usize = 18;
const MAX_COLUMNS: usize = 10_000;

/// At least two periods per block, so that a half has a variance; at least two columns, so that there is a choice.
fn check_shape(rows: usize, columns: usize, blocks: usize) -> PyResult<()> {
    if !(2..=MAX_BLOCKS).contains(&blocks) || !blocks.is_multiple_of(2) {
        return Err(config_error(format!(
            "blocks: expected an even number from 2 to {MAX_BLOCKS}, got {blocks}"
        )));
    }
    if !(2..=MAX_COLUMNS).contains(&columns) {
        return Err(data_error(format!("returns: expected 2 to {MAX_COLUMNS} columns, got {columns}")));
    }
    if rows < 2 * blocks {
        return Err(data_error(format!(
            "returns: expected at least {} periods for {blocks} blocks, got {rows}",
            2 * blocks
        )));
    }
    Ok(())
}

#[pyfunction]
fn overfitting<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray2<'py, f64>,
    blocks: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let m = matrix("returns", &returns)?;
    check_shape(m.cells.len() / m.columns, m.columns, blocks)?;
    check_finite("returns", m.cells, m.columns)?;
    let made = py.detach(|| Overfitting::of(&BlockSums::new(m.cells, m.columns, blocks)));
    let out = PyDict::new(py);
    out.set_item("probability", made.probability())?;
    out.set_item("slope", made.slope())?;
    out.set_item("loss", made.loss())?;
    out.set_item("left_out", made.left_out)?;
    for (name, values) in [("logits", made.logits), ("inside", made.inside), ("outside", made.outside)] {
        out.set_item(name, values.into_pyarray(py))?;
    }
    Ok(out)
}

#[pyfunction]
fn holm<'py>(py: Python<'py>, p: PyReadonlyArray1<'py, f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let p = finite_column("p_values", &p)?;
    match p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => {
            Err(data_error(format!("p_values: expected numbers from 0 to 1, row {row} is {}", p[row])))
        }
        None => Ok(multiple::holm(p).into_pyarray(py)),
    }
}

/// One-sided against "at most 0", or two-sided against "0".
#[pyfunction]
fn centred_p_value(draws: PyReadonlyArray1<'_, f64>, value: f64, two_sided: bool) -> PyResult<f64> {
    let null = if two_sided { Null::Zero } else { Null::AtMostZero };
    Ok(p_value(cells("draws", &draws)?, value, null))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(overfitting, m)?)?;
    m.add_function(wrap_pyfunction!(holm, m)?)?;
    m.add_function(wrap_pyfunction!(centred_p_value, m)?)
}
