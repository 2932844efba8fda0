//! Which items fit a capacity best.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use quantrl_stats::Knapsack;
use quantrl_stats::knapsack::{MAX_CELLS, MAX_ITEMS, Refused};

use super::arrays::cells;
use crate::errors::data_error;

fn solve(
    py: Python<'_>,
    values: &PyReadonlyArray1<'_, f64>,
    weights: &PyReadonlyArray1<'_, u64>,
    capacity: u64,
) -> PyResult<Knapsack> {
    let (values, weights) = (cells("values", values)?, cells("weights", weights)?);
    py.detach(|| Knapsack::new(values, weights, capacity)).map_err(|refused| {
        data_error(match refused {
            Refused::Lengths(values, weights) => {
                format!("weights: expected {values}, one per value, got {weights}")
            }
            Refused::Value(i, value) => {
                format!("values: expected finite numbers of at least 0, row {i} is {value}")
            }
            Refused::TooLarge(items, cells) => format!(
                "values: expected at most {MAX_ITEMS} items and {MAX_CELLS} items x weight, got {items} and {cells}"
            ),
        })
    })
}

#[pyfunction]
fn knapsack<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    weights: PyReadonlyArray1<'py, u64>,
    capacity: u64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let solved = solve(py, &values, &weights, capacity)?;
    Ok(solved.chosen().into_iter().map(|i| i as i64).collect::<Vec<_>>().into_pyarray(py))
}

#[pyfunction]
fn knapsack_curve<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    weights: PyReadonlyArray1<'py, u64>,
    capacity: u64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    Ok(solve(py, &values, &weights, capacity)?.curve().into_pyarray(py))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(knapsack, m)?)?;
    m.add_function(wrap_pyfunction!(knapsack_curve, m)?)
}
