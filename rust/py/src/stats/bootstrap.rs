//! The stationary bootstrap.

use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_rng::Key;
use quantrl_stats::block_length::optimal_block as automatic;
use quantrl_stats::bootstrap::{Block, StationaryBootstrap, bootstrap_measures as replicate};

use super::arrays::{check_finite, finite_column, matrix};
use super::measures::annual;
use crate::errors::{config_error, data_error};

const MAX_CELLS: usize = 100_000_000;
const MAX_THREADS: usize = 1024;

type Blocks<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

fn plan(n: usize, block: f64, seed: u64, stream: u64) -> PyResult<StationaryBootstrap> {
    if n < 2 {
        return Err(data_error(format!("returns: expected at least 2 periods, got {n}")));
    }
    if !(block >= 1.0 && block.is_finite()) {
        return Err(config_error(format!("block: expected a mean length of at least 1, got {block}")));
    }
    Ok(StationaryBootstrap { n, mean_block: block, key: Key { seed, stream } })
}

#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year, draws, block, seed, stream = 0, threads = 1, risk_free = 0.0))]
#[allow(clippy::too_many_arguments)]
fn bootstrap_measures<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray2<'py, f64>,
    periods_per_year: f64,
    draws: usize,
    block: f64,
    seed: u64,
    stream: u64,
    threads: usize,
    risk_free: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let annual = annual(periods_per_year, risk_free)?;
    let m = matrix("returns", &returns)?;
    let (cells, k) = (m.cells, m.columns);
    let plan = plan(cells.len() / k, block, seed, stream)?;
    if draws == 0 || draws.saturating_mul(k) > MAX_CELLS {
        return Err(config_error(format!(
            "draws: expected 1 to {} for {k} columns, got {draws}",
            MAX_CELLS / k
        )));
    }
    if threads > MAX_THREADS {
        return Err(config_error(format!("threads: expected at most {MAX_THREADS}, got {threads}")));
    }
    let made = py.detach(|| {
        check_finite("returns", cells, k).map(|()| replicate(cells, k, &annual, &plan, draws, threads))
    })?;
    let out = PyDict::new(py);
    for (name, values) in [("sharpe", made.sharpe), ("vol", made.vol), ("cagr", made.cagr)] {
        out.set_item(name, values.into_pyarray(py).reshape([draws, k])?)?;
    }
    Ok(out)
}

/// First rows and lengths of the blocks of one replicate.
#[pyfunction]
fn bootstrap_blocks(
    py: Python<'_>,
    n: usize,
    block: f64,
    seed: u64,
    stream: u64,
    replicate: u64,
) -> PyResult<Blocks<'_>> {
    let blocks: Vec<Block> = plan(n, block, seed, stream)?.blocks(replicate).collect();
    let column =
        |of: fn(&Block) -> usize| blocks.iter().map(|b| of(b) as i64).collect::<Vec<_>>().into_pyarray(py);
    Ok((column(|b| b.start), column(|b| b.length)))
}

#[pyfunction]
fn optimal_block(py: Python<'_>, returns: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let r = finite_column("returns", &returns)?;
    Ok(py.detach(|| automatic(r)))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(bootstrap_measures, m)?)?;
    m.add_function(wrap_pyfunction!(bootstrap_blocks, m)?)?;
    m.add_function(wrap_pyfunction!(optimal_block, m)?)
}
