//! `rust/sim/bar/signals` and `rust/sim/bar/sweep` for Python.

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, Ix2, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_sim::bar::{self, sweep};

use crate::bar::{BarConfig, choose, record_dict, to_py};
use crate::bar_terms::{BarTerms, Told};
use crate::errors::data_error;
use crate::stats::arrays::cells;

/// One account per column of entries and exits: its columns as of `bar_weights`, with the decisions behind them.
#[pyfunction]
#[pyo3(signature = (close, price, entries, exits, config, *, terms=None, years=None, told=None, full, threads))]
#[allow(clippy::too_many_arguments)]
fn bar_signals<'py>(
    py: Python<'py>,
    close: PyReadonlyArray2<'py, f64>,
    price: PyReadonlyArray2<'py, f64>,
    entries: PyReadonlyArray2<'py, bool>,
    exits: PyReadonlyArray2<'py, bool>,
    config: &BarConfig,
    terms: Option<&BarTerms>,
    years: Option<PyReadonlyArray1<'py, f64>>,
    told: Option<&Bound<'py, PyDict>>,
    full: bool,
    threads: usize,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let shape = close.shape();
    for (name, other) in [("price", price.shape()), ("entries", entries.shape()), ("exits", exits.shape())] {
        if other != shape {
            return Err(data_error(format!("{name}: expected shape {shape:?}, got {other:?}")));
        }
    }
    let (still, told) = (vec![0.0; shape[0]], Told::<Ix2>::new(told, shape)?);
    let feed = told.feed(match &years {
        Some(years) => cells("years", years)?,
        None => &still,
    })?;
    let market = bar::Market {
        close: cells("close", &close)?,
        price: cells("price", &price)?,
        under: terms.map(|terms| (&terms.0, &feed)),
    };
    let market =
        bar::SignalMarket { market, entries: cells("entries", &entries)?, exits: cells("exits", &exits)? };
    let run = |stop: &_| bar::run_signals(&config.0, market, full, stop);
    let runs = crate::interruptible(py, threads, run)?.map_err(to_py)?;
    let dict = |run: bar::SignalRun| {
        let dict = record_dict(py, run.record, 1, full)?;
        dict.set_item("decision_rows", run.rows.into_pyarray(py))?;
        dict.set_item("decision_weights", run.weights.into_pyarray(py))?;
        Ok(dict)
    };
    runs.into_iter().map(dict).collect()
}

/// Names of the families of signals, each with its parameters.
#[pyfunction]
fn sweep_families() -> Vec<(&'static str, Vec<&'static str>)> {
    sweep::Family::TABLE.iter().map(|(name, _, params)| (*name, params.to_vec())).collect()
}

fn family(name: &str) -> PyResult<sweep::Family> {
    choose("family", &sweep::Family::TABLE.map(|(name, family, _)| (name, family)), name)
}

type Column<'py> = PyReadonlyArray1<'py, f64>;

fn optional<'a>(name: &str, column: Option<&'a Column<'_>>) -> PyResult<&'a [f64]> {
    column.map_or(Ok(&[]), |column| cells(name, column))
}

/// Measures of every member of a family on one instrument, and sums of returns by block.
#[pyfunction]
#[pyo3(signature = (family, close, price, params, config, *, high=None, low=None, tie_rtol, blocks, threads))]
#[allow(clippy::too_many_arguments)]
fn bar_sweep<'py>(
    py: Python<'py>,
    family: &str,
    close: Column<'py>,
    price: Column<'py>,
    params: PyReadonlyArray2<'py, f64>,
    config: &BarConfig,
    high: Option<Column<'py>>,
    low: Option<Column<'py>>,
    tie_rtol: f64,
    blocks: usize,
    threads: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let family = self::family(family)?;
    check_width(family, &params)?;
    let series = sweep::Series {
        close: cells("close", &close)?,
        high: optional("high", high.as_ref())?,
        low: optional("low", low.as_ref())?,
    };
    let price = cells("price", &price)?;
    let members = sweep::Members { family, params: cells("params", &params)?, tie: tie_rtol };
    let run = |stop: &_| sweep::run(&config.0, series, price, members, blocks, stop);
    let swept = crate::interruptible(py, threads, run)?.map_err(to_py)?;
    let dict = PyDict::new(py);
    let of =
        |measure: fn(&sweep::Outcome) -> f64| -> Vec<f64> { swept.outcomes.iter().map(measure).collect() };
    dict.set_item("total", of(|o| o.total).into_pyarray(py))?;
    dict.set_item("sharpe", of(|o| o.sharpe).into_pyarray(py))?;
    dict.set_item("max_drawdown", of(|o| o.max_drawdown).into_pyarray(py))?;
    let trades: Vec<i64> = swept.outcomes.iter().map(|o| i64::from(o.trades)).collect();
    dict.set_item("trades", trades.into_pyarray(py))?;
    let shape = (swept.outcomes.len(), blocks * 2);
    let sums = Array2::from_shape_vec(shape, swept.sums).expect("two sums a block and member");
    dict.set_item("sums", sums.into_pyarray(py))?;
    Ok(dict)
}

type Flags<'py> = Bound<'py, PyArray1<bool>>;

/// Entries and exits of one member, bar by bar.
#[pyfunction]
#[pyo3(signature = (family, close, params, *, high=None, low=None, tie_rtol))]
fn sweep_signals<'py>(
    py: Python<'py>,
    family: &str,
    close: Column<'py>,
    params: PyReadonlyArray2<'py, f64>,
    high: Option<Column<'py>>,
    low: Option<Column<'py>>,
    tie_rtol: f64,
) -> PyResult<(Flags<'py>, Flags<'py>)> {
    let family = self::family(family)?;
    check_width(family, &params)?;
    let series = sweep::Series {
        close: cells("close", &close)?,
        high: optional("high", high.as_ref())?,
        low: optional("low", low.as_ref())?,
    };
    let members = sweep::Members { family, params: cells("params", &params)?, tie: tie_rtol };
    let [entries, exits] = sweep::signals(series, members).map_err(to_py)?;
    Ok((entries.into_pyarray(py), exits.into_pyarray(py)))
}

fn check_width(family: sweep::Family, params: &PyReadonlyArray2<'_, f64>) -> PyResult<()> {
    let (width, got) = (family.width(), params.shape()[1]);
    if got == width {
        return Ok(());
    }
    Err(data_error(format!("params: expected {width} columns, got {got}")))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(bar_signals, m)?)?;
    m.add_function(wrap_pyfunction!(sweep_families, m)?)?;
    m.add_function(wrap_pyfunction!(bar_sweep, m)?)?;
    m.add_function(wrap_pyfunction!(sweep_signals, m)?)
}
