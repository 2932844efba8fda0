//! The best way to trade an Ornstein-Uhlenbeck spread.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use quantrl_stats::ou;

use super::arrays::{cells, check_positive};
use crate::errors::config_error;

#[pyfunction]
fn dawson<'py>(py: Python<'py>, x: PyReadonlyArray1<'py, f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let x = cells("x", &x)?;
    Ok(py.detach(|| x.iter().map(|&x| ou::dawson(x)).collect::<Vec<f64>>()).into_pyarray(py))
}

fn check_cost(cost: f64) -> PyResult<()> {
    match cost >= 0.0 && cost.is_finite() {
        true => Ok(()),
        false => Err(config_error(format!("cost: expected a number of at least 0, got {cost}"))),
    }
}

/// (a, J) of continuous trading, in s and kappa s.
#[pyfunction]
fn ou_continuous(cost: f64) -> PyResult<(f64, f64)> {
    check_cost(cost)?;
    let a = ou::threshold(cost);
    Ok((a, ou::value(a, cost)))
}

/// a on a clock by the shifted threshold, in s.
#[pyfunction]
fn ou_shifted(cost: f64, kappa_dt: f64) -> PyResult<f64> {
    check_cost(cost)?;
    check_positive("kappa_dt", kappa_dt)?;
    Ok(ou::threshold_on_clock(cost, kappa_dt))
}

/// (value, threshold, rests) of the optimum on a clock, or of a threshold rule.
#[pyfunction]
#[pyo3(signature = (cost, kappa_dt, threshold=None))]
fn ou_on_clock(
    py: Python<'_>,
    cost: f64,
    kappa_dt: f64,
    threshold: Option<f64>,
) -> PyResult<(f64, f64, bool)> {
    check_cost(cost)?;
    if !(1e-4..=10.0).contains(&kappa_dt) {
        return Err(config_error(format!("kappa_dt: expected 1e-4 to 10, got {kappa_dt}")));
    }
    if let Some(a) = threshold.filter(|a| a.is_nan() || *a < 0.0) {
        return Err(config_error(format!("threshold: expected a number of at least 0, got {a}")));
    }
    let policy = threshold.map_or(ou::Policy::Optimal, ou::Policy::Threshold);
    let found = py.detach(|| ou::on_clock(kappa_dt, cost, policy));
    Ok((found.value, found.threshold, found.rests))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(dawson, m)?)?;
    m.add_function(wrap_pyfunction!(ou_continuous, m)?)?;
    m.add_function(wrap_pyfunction!(ou_shifted, m)?)?;
    m.add_function(wrap_pyfunction!(ou_on_clock, m)?)
}
