//! `rust/sim/bar/brokerage` for Python.

use std::sync::Mutex;

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use quantrl_sim::bar;
use quantrl_sim::bar::brokerage;

use crate::bar::{BarConfig, RawSchedule, choose, record_dict, schedules_of, set_fills, to_py};
use crate::errors::{config_error, data_error};
use crate::stats::arrays::cells;

/// What a broker charges, allows and limits; no `max_gross`: a cash account.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct BarTerms(brokerage::Terms);

#[pymethods]
impl BarTerms {
    #[new]
    #[pyo3(signature = (config, *, max_gross, maintenance, on_call, lend, borrow, short_fee, band, min_order, participation, max_turnover))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        config: &BarConfig,
        max_gross: Option<f64>,
        maintenance: f64,
        on_call: &str,
        lend: f64,
        borrow: f64,
        short_fee: PyReadonlyArray1<'_, f64>,
        band: PyReadonlyArray1<'_, f64>,
        min_order: f64,
        participation: f64,
        max_turnover: f64,
    ) -> PyResult<Self> {
        let on_call = choose("on_call", &brokerage::OnCall::TABLE, on_call)?;
        let kind = max_gross.map_or(brokerage::Kind::Cash, |max_gross| brokerage::Kind::Margin {
            max_gross,
            maintenance,
            on_call,
        });
        let terms = brokerage::Terms {
            kind,
            lend,
            borrow,
            short_fee: cells("short_fee", &short_fee)?.to_vec(),
            band: cells("band", &band)?.to_vec(),
            min_order,
            participation,
            max_turnover,
        };
        terms.check(&config.0).map_err(to_py)?;
        Ok(Self(terms))
    }
}

type Floats<'py> = PyReadonlyArray2<'py, f64>;
type Flags<'py> = PyReadonlyArray2<'py, bool>;

/// `bar_weights` under terms, with what the market tells beside prices.
#[pyfunction]
#[pyo3(signature = (
    close, price, schedules, config, terms, *, years, split=None, dividend=None, delisted=None, volume=None, can_buy=None,
    can_sell=None, full, threads
))]
#[allow(clippy::too_many_arguments)]
fn bar_brokerage<'py>(
    py: Python<'py>,
    close: Floats<'py>,
    price: Floats<'py>,
    schedules: Vec<RawSchedule<'py>>,
    config: &BarConfig,
    terms: &BarTerms,
    years: PyReadonlyArray1<'py, f64>,
    split: Option<Floats<'py>>,
    dividend: Option<Floats<'py>>,
    delisted: Option<Floats<'py>>,
    volume: Option<Floats<'py>>,
    can_buy: Option<Flags<'py>>,
    can_sell: Option<Flags<'py>>,
    full: bool,
    threads: usize,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let n = config.0.n();
    if close.shape()[1] != n || price.shape() != close.shape() {
        return Err(data_error(format!(
            "close, price: expected {n} columns each, got shapes {:?} and {:?}",
            close.shape(),
            price.shape()
        )));
    }
    let column = |name: &str, array: &Option<Floats<'py>>| match array {
        Some(array) if array.shape() != close.shape() => {
            Err(config_error(format!("{name}: expected shape {:?}, got {:?}", close.shape(), array.shape())))
        }
        _ => Ok(()),
    };
    for (name, array) in
        [("split", &split), ("dividend", &dividend), ("delisted", &delisted), ("volume", &volume)]
    {
        column(name, array)?;
    }
    let feed = brokerage::Feed {
        years: cells("years", &years)?,
        split: split.as_ref().map(|x| cells("split", x)).transpose()?,
        dividend: dividend.as_ref().map(|x| cells("dividend", x)).transpose()?,
        delisted: delisted.as_ref().map(|x| cells("delisted", x)).transpose()?,
        volume: volume.as_ref().map(|x| cells("volume", x)).transpose()?,
        can_buy: can_buy.as_ref().map(|x| cells("can_buy", x)).transpose()?,
        can_sell: can_sell.as_ref().map(|x| cells("can_sell", x)).transpose()?,
    };
    let market = brokerage::Market { close: cells("close", &close)?, price: cells("price", &price)?, feed };
    let schedules = schedules_of(&schedules, n)?;
    let run = || brokerage::run(&config.0, &terms.0, market, &schedules, full);
    let records = py.detach(|| crate::with_threads(threads, run))?.map_err(to_py)?;
    records
        .into_iter()
        .map(|mut record| {
            let carry = std::mem::take(&mut record.carry);
            let dict = record_dict(py, record, n, full)?;
            let of = |part: fn(&brokerage::Carry) -> f64| carry.iter().map(part).collect::<Vec<f64>>();
            dict.set_item("dividends", of(|c| c.dividends).into_pyarray(py))?;
            dict.set_item("interest", of(|c| c.interest).into_pyarray(py))?;
            dict.set_item("short_fees", of(|c| c.short_fees).into_pyarray(py))?;
            Ok(dict)
        })
        .collect()
}

type Row<'py> = PyReadonlyArray1<'py, f64>;
type Mask<'py> = PyReadonlyArray1<'py, bool>;
type Step = (f64, f64, f64, f64, f64, f64, f64, f64, f64, f64);

/// One account under terms, stepped bar by bar; equal to `bar_brokerage` bit for bit.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
struct BrokerAccount(Mutex<brokerage::BrokerSession>);

impl BrokerAccount {
    fn with<T>(&self, body: impl FnOnce(&mut brokerage::BrokerSession) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[pymethods]
impl BrokerAccount {
    #[new]
    fn new(config: &BarConfig, terms: &BarTerms) -> PyResult<Self> {
        let session = brokerage::BrokerSession::new(config.0.clone(), terms.0.clone());
        session.map(|session| Self(Mutex::new(session))).map_err(to_py)
    }

    /// One bar is microseconds: too short to be worth releasing the GIL.
    #[pyo3(signature = (
        close, price, weights=None, *, years, split=None, dividend=None, delisted=None, volume=None, can_buy=None, can_sell=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn step(
        &self,
        close: Row<'_>,
        price: Row<'_>,
        weights: Option<Row<'_>>,
        years: f64,
        split: Option<Row<'_>>,
        dividend: Option<Row<'_>>,
        delisted: Option<Row<'_>>,
        volume: Option<Row<'_>>,
        can_buy: Option<Mask<'_>>,
        can_sell: Option<Mask<'_>>,
    ) -> PyResult<Step> {
        let years = [years];
        let day = brokerage::Feed {
            years: &years,
            split: split.as_ref().map(|x| cells("split", x)).transpose()?,
            dividend: dividend.as_ref().map(|x| cells("dividend", x)).transpose()?,
            delisted: delisted.as_ref().map(|x| cells("delisted", x)).transpose()?,
            volume: volume.as_ref().map(|x| cells("volume", x)).transpose()?,
            can_buy: can_buy.as_ref().map(|x| cells("can_buy", x)).transpose()?,
            can_sell: can_sell.as_ref().map(|x| cells("can_sell", x)).transpose()?,
        };
        let (close, price) = (cells("close", &close)?, cells("price", &price)?);
        let weights = weights.as_ref().map(|w| cells("weights", w)).transpose()?;
        let (out, carry) = self.with(|session| session.step(close, price, &day, weights)).map_err(to_py)?;
        let carried = (carry.dividends, carry.interest, carry.short_fees);
        Ok((
            out.equity,
            out.cash,
            out.cost,
            out.traded,
            out.gross,
            out.scale,
            out.fill_equity,
            carried.0,
            carried.1,
            carried.2,
        ))
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fills = self.with(|s| {
            let (bar, (decided, fills)) = (s.bars().saturating_sub(1) as usize, s.fills());
            fills.iter().map(|fill| (bar, decided, *fill)).collect::<Vec<_>>()
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
    fn from_state(config: &BarConfig, terms: &BarTerms, state: &[u8]) -> PyResult<Self> {
        brokerage::BrokerSession::from_state(config.0.clone(), terms.0.clone(), state)
            .map(|s| Self(Mutex::new(s)))
            .map_err(to_py)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<BarTerms>()?;
    m.add_class::<BrokerAccount>()?;
    m.add_function(wrap_pyfunction!(bar_brokerage, m)?)
}
