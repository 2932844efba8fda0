//! `rust/sim/bar` for Python: settings, and one call for whole schedules.

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, Ix2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyKeyboardInterrupt, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use quantrl_sim::bar;
use quantrl_sim::bar::brokerage;

use crate::bar_terms::{BarTerms, Told};
use crate::errors::{config_error, data_error, order_error};
use crate::stats::arrays::cells;

pub fn to_py(error: bar::Error) -> PyErr {
    match error {
        bar::Error::Config(message) => config_error(message),
        bar::Error::Data(message) => data_error(message),
        bar::Error::Order(message) => order_error(message),
        bar::Error::Range(message) => PyOverflowError::new_err(message),
        bar::Error::Stopped => PyKeyboardInterrupt::new_err("stopped"),
    }
}

pub fn choose<T: Copy>(field: &str, table: &[(&str, T)], name: &str) -> PyResult<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(known, _)| *known).collect();
        config_error(format!("{field}: expected one of {}, got {name:?}", names.join(", ")))
    })
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
        let slippage: Vec<f64> = cells("slippage_bps", &slippage_bps)?.iter().map(|s| s * 1e-4).collect();
        if n == 0 || slippage.len() != n {
            return Err(config_error(format!("slippage_bps: expected {n} entries, got {}", slippage.len())));
        }
        let costs =
            bar::Costs::new(buy_bps * 1e-4, sell_bps * 1e-4, &slippage, fixed, minimum).map_err(to_py)?;
        let fill = choose("fill", &bar::Fill::TABLE, fill)?;
        let sizing = choose("sizing", &bar::Sizing::TABLE, sizing)?;
        let config = bar::BarConfig::new(fill, sizing, costs, initial_cash).map_err(to_py)?;
        let config = match choose("size_at", &bar::SizeAt::TABLE, size_at)? {
            bar::SizeAt::Decision => config.sized_at_decision().map_err(to_py)?,
            bar::SizeAt::Fill => config,
        };
        match &lot {
            Some(lot) => config.in_lots(cells("lot", lot)?).map(Self).map_err(to_py),
            None => Ok(Self(config)),
        }
    }
}

#[pyfunction]
fn drop_reasons() -> Vec<&'static str> {
    bar::DropReason::NAMES.to_vec()
}

type RawSchedule<'py> = (Option<PyReadonlyArray1<'py, i64>>, PyReadonlyArray2<'py, f64>);

/// One (T, N) array, or a list of (rows, values).
#[derive(FromPyObject)]
enum Wanted<'py> {
    One(PyReadonlyArray2<'py, f64>),
    Many(Vec<RawSchedule<'py>>),
}

/// Hold target weights: a dict of columns for one array, a list of them for a list of schedules. `open` are the prices that
/// decisions are filled at, by default the closes; `told` is what an account under terms is told beside prices.
#[pyfunction]
#[pyo3(signature = (close, weights, open=None, *, config, terms=None, years=None, told=None, full=false, threads=1))]
#[allow(clippy::too_many_arguments)]
fn bar_weights<'py>(
    py: Python<'py>,
    close: PyReadonlyArray2<'py, f64>,
    weights: Wanted<'py>,
    open: Option<PyReadonlyArray2<'py, f64>>,
    config: &BarConfig,
    terms: Option<&BarTerms>,
    years: Option<PyReadonlyArray1<'py, f64>>,
    told: Option<&Bound<'py, PyDict>>,
    full: bool,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let n = config.0.n();
    let price = open.as_ref().unwrap_or(&close);
    for (name, shape) in [("close", close.shape()), ("open", price.shape())] {
        if shape[1] != n || shape[0] != close.shape()[0] {
            return Err(data_error(format!(
                "{name}: expected {n} columns of one length, got shape {shape:?}"
            )));
        }
    }
    let (still, told) = (vec![0.0; close.shape()[0]], Told::<Ix2>::new(told, close.shape())?);
    let feed = told.feed(match &years {
        Some(years) => cells("years", years)?,
        None => &still,
    })?;
    let market = bar::Market {
        close: cells("close", &close)?,
        price: cells("open", price)?,
        under: terms.map(|terms| (&terms.0, &feed)),
    };
    let schedules = match &weights {
        Wanted::One(values) => vec![schedule("weights", None, values, n)?],
        Wanted::Many(many) => many
            .iter()
            .enumerate()
            .map(|(k, (rows, values))| schedule(&format!("weights[{k}]"), rows.as_ref(), values, n))
            .collect::<PyResult<Vec<_>>>()?,
    };
    let run = |stop: &_| bar::run_schedules(&config.0, market, &schedules, full, stop);
    let records = crate::interruptible(py, threads, run)?.map_err(to_py)?;
    let mut dicts = records.into_iter().map(|record| record_dict(py, record, n, full));
    match weights {
        Wanted::One(_) => dicts.next().expect("one record a schedule").map(Bound::into_any),
        Wanted::Many(_) => Ok(PyList::new(py, dicts.collect::<PyResult<Vec<_>>>()?)?.into_any()),
    }
}

fn schedule<'a>(
    name: &str,
    rows: Option<&'a PyReadonlyArray1<'_, i64>>,
    values: &'a PyReadonlyArray2<'_, f64>,
    n: usize,
) -> PyResult<bar::Schedule<'a>> {
    if values.shape()[1] != n {
        return Err(data_error(format!("{name}: expected {n} columns, got {}", values.shape()[1])));
    }
    Ok(bar::Schedule {
        rows: rows.map(|rows| cells("rows", rows)).transpose()?,
        values: cells(name, values)?,
    })
}

pub fn record_dict(py: Python<'_>, record: bar::Record, n: usize, full: bool) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, of) in bar::Record::SERIES {
        dict.set_item(name, record.series(of).into_pyarray(py))?;
    }
    dict.set_item("pending", record.pending.into_pyarray(py))?;
    if !record.carry.is_empty() {
        for (name, of) in brokerage::Carry::SERIES {
            let column: Vec<f64> = record.carry.iter().map(of).collect();
            dict.set_item(name, column.into_pyarray(py))?;
        }
    }
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

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(drop_reasons, m)?)?;
    m.add_function(wrap_pyfunction!(bar_weights, m)?)?;
    m.add_class::<BarConfig>()
}
