//! `rust/env/portfolio/replay` for Python.

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_env::portfolio::replay::{Replay, Rules, replay};
use quantrl_sim::bar::{Costs, Growth, Sizing};

use crate::bar::choose;
use crate::errors::{data_error, env_error};
use crate::stats::arrays::cells;

/// Value, cost, returns, reward and drifted weights of a schedule of target weights, from cash.
#[pyfunction]
#[pyo3(signature = (relatives, targets, *, buy, sell, growth, guarded, sizing, periods_per_year, episode_len))]
#[allow(clippy::too_many_arguments)]
fn portfolio_replay<'py>(
    py: Python<'py>,
    relatives: PyReadonlyArray2<'py, f64>,
    targets: PyReadonlyArray2<'py, f64>,
    buy: PyReadonlyArray1<'py, f64>,
    sell: PyReadonlyArray1<'py, f64>,
    growth: &str,
    guarded: bool,
    sizing: &str,
    periods_per_year: f64,
    episode_len: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let width = buy.len() + 1;
    for (name, shape) in [("relatives", relatives.shape()), ("targets", targets.shape())] {
        if shape[1] != width {
            return Err(data_error(format!("{name}: expected {width} columns, got {}", shape[1])));
        }
    }
    let costs = Costs::of_rates(cells("buy", &buy)?, cells("sell", &sell)?)
        .map_err(|error| env_error(error.into()))?;
    let rules = Rules {
        growth: choose("growth", &Growth::TABLE, growth)?,
        guarded,
        sizing: choose("sizing", &Sizing::TABLE, sizing)?,
        costs,
        periods_per_year,
        episode_len,
    };
    let (relatives, targets) = (cells("relatives", &relatives)?, cells("targets", &targets)?);
    let made = py.detach(|| replay(relatives, targets, &rules)).map_err(env_error)?;
    columns(py, made, width)
}

fn columns(py: Python<'_>, made: Replay, width: usize) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    let drifted =
        Array2::from_shape_vec((made.value.len(), width), made.drifted).expect("one row of weights a row");
    dict.set_item("value", made.value.into_pyarray(py))?;
    dict.set_item("cost", made.cost.into_pyarray(py))?;
    dict.set_item("log_return", made.log_return.into_pyarray(py))?;
    dict.set_item("simple_return", made.simple_return.into_pyarray(py))?;
    dict.set_item("reward", made.reward.into_pyarray(py))?;
    dict.set_item("drifted", drifted.into_pyarray(py))?;
    Ok(dict)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(portfolio_replay, m)?)
}
