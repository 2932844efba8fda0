//! How sure a Sharpe ratio is.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use quantrl_stats::sharpe::{Evidence, Variance};
use quantrl_stats::{Moments, Reason, expected_max};

use super::arrays::{check_positive, finite_column};
use crate::errors::{config_error, data_error};

/// Returns of two values reach the least kurtosis but for rounding.
const ROUNDING: f64 = 1e-6;

/// (Sharpe ratio per period, periods, skewness, kurtosis).
#[pyfunction]
fn sharpe_moments(py: Python<'_>, returns: PyReadonlyArray1<'_, f64>) -> PyResult<(f64, f64, f64, f64)> {
    let r = finite_column("returns", &returns)?;
    let evidence = py.detach(|| Moments::of(r).ok_or(Reason::TooShort).and_then(|m| Evidence::of(&m, 0.0)));
    match evidence {
        Ok(e) => Ok((e.sharpe, e.n, e.skew, e.kurtosis)),
        Err(Reason::TooShort) => {
            Err(data_error(format!("returns: expected at least 3 periods, got {}", r.len())))
        }
        Err(_) => {
            Err(data_error(format!("returns: expected a series that varies, all {} are {}", r.len(), r[0])))
        }
    }
}

fn evidence(sharpe: f64, n: f64, skew: f64, kurtosis: f64) -> PyResult<Evidence> {
    for (name, value) in [("sharpe", sharpe), ("skew", skew), ("kurtosis", kurtosis)] {
        if !value.is_finite() {
            return Err(data_error(format!("{name}: expected a finite number, got {value}")));
        }
    }
    let least = 1.0 + skew * skew;
    if kurtosis < least * (1.0 - ROUNDING) {
        return Err(data_error(format!("kurtosis: expected at least 1 + skew^2 = {least}, got {kurtosis}")));
    }
    if n > 1.0 && n.is_finite() {
        Ok(Evidence { sharpe, n, skew, kurtosis })
    } else {
        Err(data_error(format!("n: expected more than one period, got {n}")))
    }
}

fn form(autocorrelation: Option<f64>) -> PyResult<Variance> {
    match autocorrelation {
        None => Ok(Variance::Estimate),
        Some(rho) if rho.abs() < 1.0 => Ok(Variance::Null { autocorrelation: rho }),
        Some(rho) => {
            Err(config_error(format!("autocorrelation: expected a number inside (-1, 1), got {rho}")))
        }
    }
}

fn finite(name: &str, value: f64) -> PyResult<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(config_error(format!("{name}: expected a finite number, got {value}")))
    }
}

/// Standard error; at the estimate, or at `benchmark` where `autocorrelation` is given.
#[pyfunction]
#[pyo3(signature = (sharpe, n, skew, kurtosis, benchmark = 0.0, autocorrelation = None))]
fn sharpe_standard_error(
    sharpe: f64,
    n: f64,
    skew: f64,
    kurtosis: f64,
    benchmark: f64,
    autocorrelation: Option<f64>,
) -> PyResult<f64> {
    let benchmark = finite("benchmark", benchmark)?;
    Ok(evidence(sharpe, n, skew, kurtosis)?.variance(benchmark, form(autocorrelation)?).max(0.0).sqrt())
}

/// NaN where the variance of the estimate is not positive.
#[pyfunction]
#[pyo3(signature = (sharpe, n, skew, kurtosis, benchmark = 0.0, autocorrelation = None))]
fn psr(
    sharpe: f64,
    n: f64,
    skew: f64,
    kurtosis: f64,
    benchmark: f64,
    autocorrelation: Option<f64>,
) -> PyResult<f64> {
    let benchmark = finite("benchmark", benchmark)?;
    Ok(evidence(sharpe, n, skew, kurtosis)?.psr(benchmark, form(autocorrelation)?).value)
}

#[pyfunction]
fn deflated_sharpe(
    sharpe: f64,
    n: f64,
    skew: f64,
    kurtosis: f64,
    trials: f64,
    sd_trials: f64,
) -> PyResult<f64> {
    check_trials(trials)?;
    if !(sd_trials >= 0.0 && sd_trials.is_finite()) {
        return Err(config_error(format!("sd_trials: expected a number of at least 0, got {sd_trials}")));
    }
    Ok(evidence(sharpe, n, skew, kurtosis)?.deflated(trials, sd_trials).value)
}

/// NaN where the ratio does not exceed the benchmark.
#[pyfunction]
fn min_track_record(
    sharpe: f64,
    n: f64,
    skew: f64,
    kurtosis: f64,
    benchmark: f64,
    confidence: f64,
) -> PyResult<f64> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(config_error(format!("confidence: expected a number inside (0, 1), got {confidence}")));
    }
    let benchmark = finite("benchmark", benchmark)?;
    Ok(evidence(sharpe, n, skew, kurtosis)?.min_track_record(benchmark, confidence).value)
}

#[pyfunction]
#[pyo3(signature = (n, exact = false))]
fn expected_max_z(py: Python<'_>, n: f64, exact: bool) -> PyResult<f64> {
    check_trials(n)?;
    Ok(if exact {
        py.detach(|| expected_max::expected_max_z_exact(n))
    } else {
        expected_max::expected_max_z(n)
    })
}

#[pyfunction]
fn min_backtest_length(n: f64, sharpe: f64) -> PyResult<f64> {
    check_trials(n)?;
    check_positive("sharpe", sharpe)?;
    Ok(expected_max::min_backtest_length(n, sharpe))
}

fn check_trials(n: f64) -> PyResult<()> {
    if (1.0..=1e9).contains(&n) {
        Ok(())
    } else {
        Err(config_error(format!("trials: expected a number from 1 to 1e9, got {n}")))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(sharpe_moments, m)?)?;
    m.add_function(wrap_pyfunction!(sharpe_standard_error, m)?)?;
    m.add_function(wrap_pyfunction!(psr, m)?)?;
    m.add_function(wrap_pyfunction!(deflated_sharpe, m)?)?;
    m.add_function(wrap_pyfunction!(min_track_record, m)?)?;
    m.add_function(wrap_pyfunction!(expected_max_z, m)?)?;
    m.add_function(wrap_pyfunction!(min_backtest_length, m)?)
}
