//! `rust/sim/bar` for Python: one call for whole schedules, one class to step an account.

use std::sync::Mutex;

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use quantrl_sim::bar;

use crate::errors::{config_error, data_error, order_error};

pub fn to_py(error: bar::Error) -> PyErr {
    match error {
        bar::Error::Config(message) => config_error(message),
        bar::Error::Data(message) => data_error(message),
        bar::Error::Order(message) => order_error(message),
        bar::Error::Range(message) => PyOverflowError::new_err(message),
    }
}

pub fn choose<T: Copy>(field: &str, table: &[(&str, T)], name: &str) -> PyResult<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(known, _)| *known).collect();
        config_error(format!("{field}: expected one of {}, got {name:?}", names.join(", ")))
    })
}

fn row<'a>(name: &str, array: &'a PyReadonlyArray1<'_, f64>) -> PyResult<&'a [f64]> {
    array.as_slice().map_err(|_| data_error(format!("{name}: expected a contiguous array")))
}

fn rows<'a>(name: &str, array: &'a PyReadonlyArray2<'_, f64>) -> PyResult<&'a [f64]> {
    // `as_slice` alone would take a Fortran-ordered array, transposed.
    match array.as_slice() {
        Ok(slice) if array.is_c_contiguous() => Ok(slice),
        _ => Err(data_error(format!("{name}: expected a C-contiguous array"))),
    }
}

/// Settings of one account; rates in basis points per side.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct BarConfig(pub bar::BarConfig);

#[pymethods]
impl BarConfig {
    #[new]
    #[pyo3(signature = (n, *, fill, sizing, buy_bps, sell_bps, slippage_bps, fixed, minimum, initial_cash, size_at="fill", lot=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        n: usize,
        fill: &str,
        sizing: &str,
        buy_bps: f64,
        sell_bps: f64,
        slippage_bps: PyReadonlyArray1<'_, f64>,
        fixed: f64,
        minimum: f64,
        initial_cash: f64,
        size_at: &str,
        lot: Option<PyReadonlyArray1<'_, f64>>,
    ) -> PyResult<Self> {
        let slippage: Vec<f64> = row("slippage_bps", &slippage_bps)?.iter().map(|s| s * 1e-4).collect();
        if n == 0 || slippage.len() != n {
            return Err(config_error(format!("slippage_bps: expected {n} entries, got {}", slippage.len())));
        }
        let costs =
            bar::Costs::new(buy_bps * 1e-4, sell_bps * 1e-4, &slippage, fixed, minimum).map_err(to_py)?;
        let fill = choose("fill", &bar::Fill::TABLE, fill)?;
        let sizing = choose("sizing", &bar::Sizing::TABLE, sizing)?;
        let config = bar::BarConfig::new(fill, sizing, costs, initial_cash).map_err(to_py)?;
        let lot = lot.as_ref().map(|lot| row("lot", lot)).transpose()?;
        match choose("size_at", &bar::SizeAt::TABLE, size_at)? {
            bar::SizeAt::Decision => {
                config.sized_at_decision(lot.unwrap_or(&vec![0.0; n])).map(Self).map_err(to_py)
            }
            bar::SizeAt::Fill if lot.is_some_and(|lot| lot.iter().any(|&lot| lot != 0.0)) => {
                Err(config_error("lot: expected 0 with size_at fill"))
            }
            bar::SizeAt::Fill => Ok(Self(config)),
        }
    }
}

#[pyfunction]
fn drop_reasons() -> Vec<&'static str> {
    bar::DropReason::NAMES.to_vec()
}

pub type RawSchedule<'py> = (Option<PyReadonlyArray1<'py, i64>>, PyReadonlyArray2<'py, f64>);

#[pyfunction]
#[pyo3(signature = (close, price, schedules, config, *, full, threads))]
fn bar_weights<'py>(
    py: Python<'py>,
    close: PyReadonlyArray2<'py, f64>,
    price: PyReadonlyArray2<'py, f64>,
    schedules: Vec<RawSchedule<'py>>,
    config: &BarConfig,
    full: bool,
    threads: usize,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let n = config.0.n();
    for (name, shape) in [("close", close.shape()), ("price", price.shape())] {
        if shape[1] != n {
            return Err(data_error(format!("{name}: expected {n} columns, got {}", shape[1])));
        }
    }
    let (close, price) = (rows("close", &close)?, rows("price", &price)?);
    let schedules = schedules_of(&schedules, n)?;
    let records = py
        .detach(|| {
            crate::with_threads(threads, || bar::run_schedules(&config.0, close, price, &schedules, full))
        })?
        .map_err(to_py)?;
    records.into_iter().map(|record| record_dict(py, record, n, full)).collect()
}

/// Schedules as the engine takes them.
pub fn schedules_of<'a>(schedules: &'a [RawSchedule<'_>], n: usize) -> PyResult<Vec<bar::Schedule<'a>>> {
    let one = |(k, (at, values)): (usize, &'a RawSchedule<'_>)| {
        if values.shape()[1] != n {
            return Err(data_error(format!("weights[{k}]: expected {n} columns, got {}", values.shape()[1])));
        }
        let at =
            at.as_ref().map(|a| a.as_slice().map_err(|_| data_error("rows: expected a contiguous array")));
        Ok(bar::Schedule { rows: at.transpose()?, values: rows("weights", values)? })
    };
    schedules.iter().enumerate().map(one).collect()
}

pub fn record_dict(py: Python<'_>, record: bar::Record, n: usize, full: bool) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, of) in bar::Record::SERIES {
        dict.set_item(name, record.series(of).into_pyarray(py))?;
    }
    dict.set_item("pending", record.pending.into_pyarray(py))?;
    if full {
        let bars = record.bars.len();
        let units = Array2::from_shape_vec((bars, n), record.units).expect("one row of units a bar");
        dict.set_item("units", units.into_pyarray(py))?;
        set_fills(py, &dict, &record.fills)?;
        let drops = &record.drops;
        let column = |of: fn(&(usize, usize, usize, bar::DropReason)) -> i64| {
            drops.iter().map(of).collect::<Vec<i64>>().into_pyarray(py)
        };
        dict.set_item("drop_bar", column(|d| d.0 as i64))?;
        dict.set_item("drop_decided", column(|d| d.1 as i64))?;
        dict.set_item("drop_instrument", column(|d| d.2 as i64))?;
        let reasons: Vec<u8> = drops.iter().map(|d| d.3 as u8).collect();
        dict.set_item("drop_reason", reasons.into_pyarray(py))?;
    }
    Ok(dict)
}

pub fn set_fills(
    py: Python<'_>,
    dict: &Bound<'_, PyDict>,
    fills: &[(usize, usize, bar::FillRecord)],
) -> PyResult<()> {
    let index = |of: fn(&(usize, usize, bar::FillRecord)) -> usize| {
        fills.iter().map(|f| of(f) as i64).collect::<Vec<i64>>().into_pyarray(py)
    };
    let number = |of: fn(&bar::FillRecord) -> f64| {
        fills.iter().map(|f| of(&f.2)).collect::<Vec<f64>>().into_pyarray(py)
    };
    dict.set_item("fill_bar", index(|f| f.0))?;
    dict.set_item("fill_decided", index(|f| f.1))?;
    dict.set_item("fill_instrument", index(|f| f.2.instrument))?;
    dict.set_item("fill_units", number(|f| f.units))?;
    dict.set_item("fill_price", number(|f| f.price))?;
    dict.set_item("fill_fee", number(|f| f.fee))?;
    dict.set_item("fill_slippage", number(|f| f.slippage))
}

type Step = (f64, f64, f64, f64, f64, f64, f64);

/// One account, stepped bar by bar; equal to `bar_weights` bit for bit.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct BarAccount(Mutex<bar::Session>);

impl BarAccount {
    fn with<T>(&self, body: impl FnOnce(&mut bar::Session) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[pymethods]
impl BarAccount {
    #[new]
    fn new(config: &BarConfig) -> Self {
        Self(Mutex::new(bar::Session::new(config.0.clone())))
    }

    /// One bar is a microsecond: too short to be worth releasing the GIL.
    #[pyo3(signature = (close, price, weights=None))]
    fn step(
        &self,
        close: PyReadonlyArray1<'_, f64>,
        price: PyReadonlyArray1<'_, f64>,
        weights: Option<PyReadonlyArray1<'_, f64>>,
    ) -> PyResult<Step> {
        let (close, price) = (row("close", &close)?, row("price", &price)?);
        let weights = weights.as_ref().map(|w| row("weights", w)).transpose()?;
        let out = self.with(|session| session.step(close, price, weights)).map_err(to_py)?;
        Ok((out.equity, out.cash, out.cost, out.traded, out.gross, out.scale, out.fill_equity))
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fills = self.with(|s| {
            let bar = s.bars().saturating_sub(1) as usize;
            let decided = if s.config().fill.same_bar() { bar } else { bar.saturating_sub(1) };
            s.fills().iter().map(|fill| (bar, decided, *fill)).collect::<Vec<_>>()
        });
        let dict = PyDict::new(py);
        set_fills(py, &dict, &fills)?;
        Ok(dict)
    }

    fn drops(&self) -> Vec<(usize, &'static str)> {
        self.with(|s| {
            s.drops().iter().map(|d| (d.instrument, bar::DropReason::NAMES[d.reason as usize])).collect()
        })
    }

    fn units<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.with(|s| s.units().to_vec()).into_pyarray(py)
    }

    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.with(|s| s.weights()).into_pyarray(py)
    }

    fn pending<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<f64>>> {
        self.with(|s| s.pending().map(<[f64]>::to_vec)).map(|p| p.into_pyarray(py))
    }

    #[getter]
    fn cash(&self) -> f64 {
        self.with(|s| s.cash())
    }

    #[getter]
    fn equity(&self) -> f64 {
        self.with(|s| s.equity())
    }

    #[getter]
    fn n_bars(&self) -> u64 {
        self.with(|s| s.bars())
    }

    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.with(|s| s.state()))
    }

    #[staticmethod]
    fn from_state(config: &BarConfig, state: &[u8]) -> PyResult<Self> {
        bar::Session::from_state(config.0.clone(), state).map(|s| Self(Mutex::new(s))).map_err(to_py)
    }
}

type RawFills<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<u8>>,
);

fn integers<'a>(name: &str, array: &'a PyReadonlyArray1<'_, i64>) -> PyResult<&'a [i64]> {
    array.as_slice().map_err(|_| data_error(format!("{name}: expected a contiguous array")))
}

/// Fill legs of whole lots with the costs of `config`: lots, price in ticks, fee in cash units, reason.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn bar_venue_fill<'py>(
    py: Python<'py>,
    instrument: PyReadonlyArray1<'py, i64>,
    side: PyReadonlyArray1<'py, i64>,
    lots: PyReadonlyArray1<'py, i64>,
    prices: PyReadonlyArray1<'py, i64>,
    tick_values: PyReadonlyArray1<'py, i64>,
    cash: i64,
    config: &BarConfig,
) -> PyResult<RawFills<'py>> {
    let (instrument, side) = (integers("instrument", &instrument)?, integers("side", &side)?);
    let lots = integers("lots", &lots)?;
    for (name, column) in [("side", side), ("lots", lots)] {
        if column.len() != instrument.len() {
            return Err(data_error(format!(
                "{name}: expected {} entries, got {}",
                instrument.len(),
                column.len()
            )));
        }
    }
    let legs = (0..lots.len())
        .map(|k| {
            let side = match side[k] {
                1 => bar::Side::Buy,
                -1 => bar::Side::Sell,
                other => return Err(order_error(format!("legs[{k}]: expected side 1 or -1, got {other}"))),
            };
            let instrument = usize::try_from(instrument[k]).unwrap_or(usize::MAX);
            Ok(bar::Leg { instrument, side, lots: lots[k] })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let venue = bar::Venue::new(&config.0.costs, integers("tick_values", &tick_values)?).map_err(to_py)?;
    let fills = venue.fill(&legs, integers("prices", &prices)?, cash).map_err(to_py)?;
    let column = |of: fn(&bar::LegFill) -> i64| fills.iter().map(of).collect::<Vec<i64>>().into_pyarray(py);
    let reasons: Vec<u8> = fills.iter().map(|fill| fill.reason as u8).collect();
    Ok((column(|f| f.lots), column(|f| f.price), column(|f| f.fee), reasons.into_pyarray(py)))
}

#[pyfunction]
fn bar_venue_reasons() -> Vec<&'static str> {
    bar::Reason::NAMES.to_vec()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(drop_reasons, m)?)?;
    m.add_function(wrap_pyfunction!(bar_weights, m)?)?;
    m.add_function(wrap_pyfunction!(bar_venue_fill, m)?)?;
    m.add_function(wrap_pyfunction!(bar_venue_reasons, m)?)?;
    m.add_class::<BarConfig>()?;
    m.add_class::<BarAccount>()
}
