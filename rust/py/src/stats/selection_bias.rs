//! What choosing the best of many does to its figures.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_rng::Key;
use quantrl_stats::bootstrap::StationaryBootstrap;
use quantrl_stats::bootstrap::{Null, centred_p_value as p_value};
use quantrl_stats::effective_number::effective_number as number;
use quantrl_stats::evidence_process;
use quantrl_stats::multiple;
use quantrl_stats::pbo::{BlockSums, Overfitting};
use quantrl_stats::superior::{self, Scale};

use super::arrays::{cells, check_finite, finite_column, matrix};
use crate::errors::{config_error, data_error};

const MAX_BLOCKS: usize = 18;
const MAX_COLUMNS: usize = 100_000;
const MAX_EFFECTIVE: usize = 4_096;
const MIN_ROWS: usize = 63;
const MAX_CELLS: usize = 100_000_000;

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
    overfitting_dict(py, made)
}

/// As `overfitting`, from the sum of returns and of their squares of every column and block.
#[pyfunction]
fn overfitting_of_sums<'py>(
    py: Python<'py>,
    lengths: Vec<usize>,
    sums: PyReadonlyArray2<'py, f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let m = matrix("sums", &sums)?;
    check_shape(lengths.iter().sum(), m.cells.len() / m.columns, lengths.len())?;
    if m.columns != 2 * lengths.len() || lengths.contains(&0) {
        return Err(data_error(format!(
            "sums: expected two numbers for each of {} blocks of at least one period, got {} columns",
            lengths.len(),
            m.columns
        )));
    }
    check_finite("sums", m.cells, m.columns)?;
    let made = py.detach(|| Overfitting::of(&BlockSums::of_sums(&lengths, m.cells)));
    overfitting_dict(py, made)
}

fn overfitting_dict(py: Python<'_>, made: Overfitting) -> PyResult<Bound<'_, PyDict>> {
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
    Ok(multiple::holm(chances(&p)?).into_pyarray(py))
}

#[pyfunction]
fn false_discovery<'py>(
    py: Python<'py>,
    p: PyReadonlyArray1<'py, f64>,
    any_dependence: bool,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    Ok(multiple::false_discovery(chances(&p)?, any_dependence).into_pyarray(py))
}

#[pyfunction]
fn null_share(p: PyReadonlyArray1<'_, f64>, above: f64) -> PyResult<f64> {
    Ok(multiple::null_share(chances(&p)?, above))
}

#[pyfunction]
fn null_probability(value: f64, null: (f64, f64), other: (f64, f64), share: f64) -> f64 {
    multiple::null_probability(value, null, other, share)
}

/// P-values: numbers from 0 to 1.
fn chances<'a>(p: &'a PyReadonlyArray1<'_, f64>) -> PyResult<&'a [f64]> {
    let p = finite_column("p_values", p)?;
    match p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => {
            Err(data_error(format!("p_values: expected numbers from 0 to 1, row {row} is {}", p[row])))
        }
        None => Ok(p),
    }
}

/// One-sided against "at most 0", or two-sided against "0".
#[pyfunction]
fn centred_p_value(draws: PyReadonlyArray1<'_, f64>, value: f64, two_sided: bool) -> PyResult<f64> {
    let null = if two_sided { Null::Zero } else { Null::AtMostZero };
    Ok(p_value(cells("draws", &draws)?, value, null))
}

/// Each column of differences to a benchmark: p-values of the whole and of each.
#[pyfunction]
fn superiority<'py>(
    py: Python<'py>,
    differences: PyReadonlyArray2<'py, f64>,
    draws: usize,
    block: f64,
    seed: u64,
    stream: u64,
    long_run: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let m = matrix("differences", &differences)?;
    let rows = m.cells.len() / m.columns;
    if rows < MIN_ROWS {
        return Err(config_error(format!("differences: expected at least {MIN_ROWS} periods, got {rows}")));
    }
    if draws == 0 || draws.saturating_mul(m.columns) > MAX_CELLS {
        let most = MAX_CELLS / m.columns;
        return Err(config_error(format!("draws: expected 1 to {most}, got {draws}")));
    }
    if !(block >= 1.0 && block.is_finite()) {
        return Err(config_error(format!("block: expected a mean length of at least 1, got {block}")));
    }
    check_finite("differences", m.cells, m.columns)?;
    let plan = StationaryBootstrap { n: rows, mean_block: block, key: Key { seed, stream } };
    let scale = if long_run { Scale::LongRun } else { Scale::Plain };
    let made = py.detach(|| superior::superiority(m.cells, m.columns, &plan, draws, scale));
    let out = PyDict::new(py);
    out.set_item("spa", made.spa)?;
    out.set_item("white", made.white)?;
    out.set_item("ratios", made.ratios.into_pyarray(py))?;
    out.set_item("adjusted", made.adjusted.into_pyarray(py))?;
    Ok(out)
}

#[pyfunction]
fn log_evidence(returns: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    Ok(evidence_process::log_evidence(finite_column("returns", &returns)?))
}

/// Independent series the columns amount to.
#[pyfunction]
fn effective_number(py: Python<'_>, returns: PyReadonlyArray2<'_, f64>) -> PyResult<f64> {
    let m = matrix("returns", &returns)?;
    let rows = m.cells.len() / m.columns;
    if rows < 2 || m.columns > MAX_EFFECTIVE {
        return Err(data_error(format!(
            "returns: expected at least 2 periods and at most {MAX_EFFECTIVE} columns, got {rows} and {}",
            m.columns
        )));
    }
    check_finite("returns", m.cells, m.columns)?;
    Ok(py.detach(|| number(m.cells, m.columns)))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(overfitting, m)?)?;
    m.add_function(wrap_pyfunction!(overfitting_of_sums, m)?)?;
    m.add_function(wrap_pyfunction!(holm, m)?)?;
    m.add_function(wrap_pyfunction!(false_discovery, m)?)?;
    m.add_function(wrap_pyfunction!(null_share, m)?)?;
    m.add_function(wrap_pyfunction!(null_probability, m)?)?;
    m.add_function(wrap_pyfunction!(superiority, m)?)?;
    m.add_function(wrap_pyfunction!(log_evidence, m)?)?;
    m.add_function(wrap_pyfunction!(effective_number, m)?)?;
    m.add_function(wrap_pyfunction!(centred_p_value, m)?)
}
