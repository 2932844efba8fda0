//! What every binding here asks of its arrays.

use numpy::ndarray::Dimension;
use numpy::{Element, PyReadonlyArray, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors::data_error;

/// A (rows, columns) array as it lies in memory, row after row.
pub struct Matrix<'a> {
    /// Cells.
    pub cells: &'a [f64],
    /// Number of columns, at least 1.
    pub columns: usize,
}

/// Cells in C order. A Fortran-ordered array counts as contiguous for `as_slice`, so the order is asked for here.
pub fn cells<'a, T: Element, D: Dimension>(
    name: &str,
    array: &'a PyReadonlyArray<'_, T, D>,
) -> PyResult<&'a [T]> {
    let expected = || data_error(format!("{name}: expected a C-contiguous array"));
    if array.is_c_contiguous() { array.as_slice().map_err(|_| expected()) } else { Err(expected()) }
}

/// A matrix with at least one column.
pub fn matrix<'a>(name: &str, array: &'a PyReadonlyArray2<'_, f64>) -> PyResult<Matrix<'a>> {
    let columns = array.shape()[1];
    if columns == 0 {
        return Err(data_error(format!(
            "{name}: expected at least one column, got shape {:?}",
            array.shape()
        )));
    }
    Ok(Matrix { cells: cells(name, array)?, columns })
}

/// A column of finite numbers.
pub fn finite_column<'a>(name: &str, array: &'a PyReadonlyArray1<'_, f64>) -> PyResult<&'a [f64]> {
    let values = cells(name, array)?;
    check_finite(name, values, 1)?;
    Ok(values)
}

/// A column of `rows` numbers, which may be NaN.
pub fn column_of<'a>(name: &str, array: &'a PyReadonlyArray1<'_, f64>, rows: usize) -> PyResult<&'a [f64]> {
    let values = cells(name, array)?;
    if values.len() == rows {
        Ok(values)
    } else {
        Err(data_error(format!("{name}: expected {rows} values, got {}", values.len())))
    }
}

/// Refuses NaN and infinity by row and column.
pub fn check_finite(name: &str, values: &[f64], columns: usize) -> PyResult<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / columns, at % columns);
            Err(data_error(format!(
                "{name}: expected finite numbers, row {row}, column {column} is {}",
                values[at]
            )))
        }
    }
}

/// The name of an argument that must be positive and finite.
pub fn check_positive(name: &str, value: f64) -> PyResult<()> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(crate::errors::config_error(format!("{name}: expected a positive number, got {value}")))
    }
}
