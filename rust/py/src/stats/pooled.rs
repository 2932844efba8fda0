//! Scores of many runs, pooled and resampled by stratum.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use quantrl_rng::Key;
use quantrl_stats::pooled::{
    Strata, bootstrap_improvement as improvement_draws, bootstrap_iqm as iqm_draws, improvement as share,
    iqm as middle,
};

use super::arrays::{cells, finite_column};
use crate::errors::{config_error, data_error};

const MAX_CELLS: usize = 200_000_000;

type Column<'py> = Bound<'py, PyArray1<f64>>;

fn strata(
    name: &str,
    values: &PyReadonlyArray1<'_, f64>,
    labels: &PyReadonlyArray1<'_, i64>,
) -> PyResult<Strata> {
    let values = finite_column(name, values)?;
    let labels = cells("labels", labels)?;
    let dense: Vec<usize> = labels.iter().filter_map(|&label| usize::try_from(label).ok()).collect();
    let most = dense.iter().max().copied().unwrap_or(0);
    if values.is_empty() || dense.len() != values.len() || labels.len() != values.len() || most > 1_000_000 {
        return Err(data_error(format!(
            "{name}: expected at least one value and as many labels from 0 to 1000000, got {} values and {} labels",
            values.len(),
            labels.len()
        )));
    }
    Ok(Strata::new(values, &dense))
}

fn check_work(draws: usize, each: usize) -> PyResult<()> {
    let most = MAX_CELLS / each.max(1);
    if (1..=most).contains(&draws) {
        Ok(())
    } else {
        Err(config_error(format!("draws: expected 1 to {most} for these values, got {draws}")))
    }
}

#[pyfunction]
fn iqm(values: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    Ok(middle(&mut finite_column("values", &values)?.to_vec()))
}

#[pyfunction]
fn bootstrap_iqm<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    labels: PyReadonlyArray1<'py, i64>,
    draws: usize,
    seed: u64,
    stream: u64,
) -> PyResult<Column<'py>> {
    let strata = strata("values", &values, &labels)?;
    check_work(draws, strata.values().len())?;
    Ok(py.detach(|| iqm_draws(&strata, Key { seed, stream }, draws)).into_pyarray(py))
}

/// The share and its replicates.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn bootstrap_improvement<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    labels: PyReadonlyArray1<'py, i64>,
    others: PyReadonlyArray1<'py, f64>,
    other_labels: PyReadonlyArray1<'py, i64>,
    draws: usize,
    seed: u64,
    stream: u64,
) -> PyResult<(f64, Column<'py>)> {
    let ours = strata("values", &values, &labels)?;
    let theirs = strata("others", &others, &other_labels)?;
    check_work(draws, ours.values().len().saturating_mul(theirs.values().len()))?;
    let (point, made) = py.detach(|| {
        let point = share(&ours, ours.values(), &theirs, theirs.values());
        (point, improvement_draws(&ours, &theirs, Key { seed, stream }, draws))
    });
    Ok((point, made.into_pyarray(py)))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(iqm, m)?)?;
    m.add_function(wrap_pyfunction!(bootstrap_iqm, m)?)?;
    m.add_function(wrap_pyfunction!(bootstrap_improvement, m)?)
}
