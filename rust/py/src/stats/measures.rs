//! Measures, drawdowns and the normal distribution function.

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use quantrl_stats::ratios::Annual;
use quantrl_stats::table::{MEASURES, table};
use quantrl_stats::{Reason, drawdown, normal};

use super::arrays::{cells, check_finite, check_positive, finite_column, matrix};
use crate::errors::config_error;

type Table<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<u8>>);
type Episodes<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
);

/// Annualisation, with its arguments checked.
pub fn annual(periods_per_year: f64, risk_free: f64) -> PyResult<Annual> {
    check_positive("periods_per_year", periods_per_year)?;
    if risk_free > -1.0 && risk_free.is_finite() {
        Ok(Annual::new(periods_per_year, risk_free))
    } else {
        Err(config_error(format!("risk_free: expected a number above -1, got {risk_free}")))
    }
}

#[pyfunction]
#[pyo3(signature = (returns, periods_per_year, risk_free = 0.0, rows = None))]
fn measure_table<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray2<'py, f64>,
    periods_per_year: f64,
    risk_free: f64,
    rows: Option<Vec<usize>>,
) -> PyResult<Table<'py>> {
    let annual = annual(periods_per_year, risk_free)?;
    let rows = rows.unwrap_or_else(|| (0..MEASURES.len()).collect());
    if let Some(row) = rows.iter().find(|row| **row >= MEASURES.len()) {
        return Err(config_error(format!("rows: expected below {}, got {row}", MEASURES.len())));
    }
    let m = matrix("returns", &returns)?;
    let (cells, columns) = (m.cells, m.columns);
    let made = py
        .detach(|| check_finite("returns", cells, columns).map(|()| table(cells, columns, &annual, &rows)))?;
    let shape = [rows.len(), columns];
    Ok((made.values.into_pyarray(py).reshape(shape)?, made.reasons.into_pyarray(py).reshape(shape)?))
}

#[pyfunction]
fn drawdown_series<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray1<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let r = finite_column("returns", &returns)?;
    Ok(py.detach(|| drawdown::series(r)).into_pyarray(py))
}

/// Depth, then the rows of peak, trough and recovery; row -1 is the starting cash, recovery -1 is none.
#[pyfunction]
fn worst_drawdowns<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray1<'py, f64>,
    count: usize,
) -> PyResult<Episodes<'py>> {
    let r = finite_column("returns", &returns)?;
    let found = py.detach(|| drawdown::worst(r, count));
    let rows = |position: fn(&drawdown::Episode) -> usize| -> Bound<'py, PyArray1<i64>> {
        found.iter().map(|e| position(e) as i64 - 1).collect::<Vec<_>>().into_pyarray(py)
    };
    Ok((
        found.iter().map(|e| e.depth).collect::<Vec<_>>().into_pyarray(py),
        rows(|e| e.peak),
        rows(|e| e.trough),
        rows(|e| e.recovery.unwrap_or(0)),
    ))
}

#[pyfunction]
fn normal_cdf<'py>(py: Python<'py>, z: PyReadonlyArray1<'py, f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let z = cells("z", &z)?;
    Ok(py.detach(|| z.iter().map(|&z| normal::cdf(z)).collect::<Vec<_>>()).into_pyarray(py))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("MEASURES", MEASURES.to_vec())?;
    m.add("REASONS", Reason::NAMES.to_vec())?;
    m.add_function(wrap_pyfunction!(measure_table, m)?)?;
    m.add_function(wrap_pyfunction!(drawdown_series, m)?)?;
    m.add_function(wrap_pyfunction!(worst_drawdowns, m)?)?;
    m.add_function(wrap_pyfunction!(normal_cdf, m)?)
}
